/** The server's side of the seal, for executor tests without a server. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { createAttemptSeal, readSealedHeader, sealScheme } from '../../../platform/attempt-seal.ts';

/** A verified request of the attempt, and a function that answers it. */
export interface SealedCall {
  body: Buffer;
  answer(status: number, body: string | Uint8Array): void;
}

/** Verifies a request of the attempt with this secret. If it is invalid, answers it and returns null. */
export async function openSealedCall(
  request: IncomingMessage,
  response: ServerResponse,
  { attemptId, secret }: { attemptId: string; secret: string },
): Promise<SealedCall | null> {
  const seal = createAttemptSeal(secret, attemptId);
  const header = readSealedHeader(request.headers.authorization);
  const [, route = ''] = (request.url ?? '').split(`/${attemptId}/`, 2);
  const sent = await buffer(request);
  const body =
    header && seal.isProved(request.method ?? '', route, header) ? seal.openBody(header, sent) : null;
  if (header === null || body === null) {
    response.writeHead(401).end('{"code":"not_authenticated"}');
    return null;
  }
  return {
    body,
    answer(status, content) {
      response.writeHead(status, { [sealScheme]: '1' });
      response.end(seal.sealAnswer(header, status, Buffer.from(content as string)));
    },
  };
}
