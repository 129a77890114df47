import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { toErrorAnswer } from './errors.ts';

/** Answers with an error as JSON, and logs it where it is a failure of the server. */
export function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply, log: Logger): void {
  const { status, body, isUnexpected, retryAfterSeconds } = toErrorAnswer(error, request.id);
  if (retryAfterSeconds !== undefined) void reply.header('retry-after', String(retryAfterSeconds));
  if (isUnexpected) log.error({ err: error, requestId: request.id }, 'a request failed');
  void reply.code(status).send(body);
}
