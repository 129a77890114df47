import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { ErrorResponse } from '@pumphouse/contract';
import { errorBody, toErrorAnswer } from './errors.ts';

/**
 * Sends an error as JSON, and logs it if the server failed.
 * @param toBody changes the body for clients that read another one
 */
export function sendError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  log: Logger,
  toBody: (body: ErrorResponse) => object = (body) => body,
): void {
  if (isDisconnect(error, request)) {
    noteDisconnect(error, request, log);
    // No one reads this response; the request log records its status.
    void reply
      .code(400)
      .send(errorBody('invalid_request', 'The client disconnected before its request was complete.'));
    return;
  }
  const { status, body, isUnexpected, retryAfterSeconds } = toErrorAnswer(error, request.id);
  if (retryAfterSeconds !== undefined) void reply.header('retry-after', String(retryAfterSeconds));
  if (isUnexpected) log.error({ err: error, requestId: request.id }, 'a request failed');
  void reply.code(status).send(toBody(body));
}

/** Logs a server failure as an error, and a client disconnect at debug level. */
export function logFailure(error: unknown, request: FastifyRequest, log: Logger, message: string): void {
  if (isDisconnect(error, request)) noteDisconnect(error, request, log);
  else log.error({ err: error, requestId: request.id }, message);
}

function noteDisconnect(error: unknown, { id }: FastifyRequest, log: Logger): void {
  log.debug(
    { requestId: id, reason: error instanceof Error ? error.message : String(error) },
    'a client disconnected',
  );
}

const disconnectCodes = new Set(['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ABORT_ERR']);

/**
 * Check both: a database can reset its connection too, and a request can fail on our side after its client
 * has left.
 */
function isDisconnect(error: unknown, { raw }: FastifyRequest): boolean {
  const hasLeft = raw.socket.destroyed || (raw.destroyed && !raw.complete);
  return hasLeft && error instanceof Error && 'code' in error && disconnectCodes.has(String(error.code));
}
