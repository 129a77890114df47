import type { IncomingMessage, ServerResponse } from 'node:http';
import { badRequest, StatusError, type Status } from './status-error.ts';

const maxBodyBytes = 3 * 1024 * 1024;

/**
 * Reads a request's body.
 * @throws StatusError 413
 */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= maxBodyBytes) chunks.push(chunk);
  }
  if (bytes <= maxBodyBytes) return Buffer.concat(chunks).toString();
  throw new StatusError({
    code: 413,
    reason: 'RequestEntityTooLarge',
    message: `Request entity too large: limit is ${maxBodyBytes}`,
  });
}

/** @throws StatusError 400 */
export function parseJson(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(`couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
}

/** The JSON of stored objects, which never change. */
const [texts, itemTexts] = [new WeakMap<object, string>(), new WeakMap<object, string>()];

export const toJson = (object: object) => keepText(texts, object, (one) => JSON.stringify(one));

/** Items of lists do not repeat their kind. */
export const toItemJson = (object: object) =>
  keepText(itemTexts, object, (one) => JSON.stringify({ ...one, kind: undefined, apiVersion: undefined }));

function keepText(kept: WeakMap<object, string>, object: object, write: (object: object) => string): string {
  const text = kept.get(object) ?? write(object);
  kept.set(object, text);
  return text;
}

export function sendJson(response: ServerResponse, code: number, text: string): void {
  if (response.headersSent || response.destroyed) return;
  const length = Buffer.byteLength(text);
  response.writeHead(code, { 'content-type': 'application/json', 'content-length': length });
  response.end(text);
}

export function sendText(response: ServerResponse, code: number, text: string): void {
  response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(text);
}

export function sendError(response: ServerResponse, error: unknown): void {
  const status = asStatus(error);
  const seconds = status.details?.retryAfterSeconds;
  if (seconds !== undefined && !response.headersSent) response.setHeader('retry-after', String(seconds));
  sendJson(response, status.code ?? 500, JSON.stringify(status));
}

function asStatus(error: unknown): Status {
  if (error instanceof StatusError) return error.status;
  const message = `Internal error occurred: ${error instanceof Error ? error.stack : String(error)}`;
  return new StatusError({ code: 500, reason: 'InternalError', message }).status;
}
