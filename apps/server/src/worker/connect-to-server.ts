import type { ClientRequest, IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { WebSocket } from 'ws';
import { z } from 'zod';
import { connectionPath, maxMessageBytes, workerProtocol } from '../executors/remote/protocol.ts';
import { createServerAgent } from './server-agent.ts';

const connectMs = 30_000;

/** The server refused the worker, and would refuse it again. */
export class RefusedConnection extends Error {
  override readonly name = 'RefusedConnection';
}

/**
 * Opens the connection of a worker to its server.
 * @throws RefusedConnection if the token or the release is wrong; Error if the server cannot be reached
 */
export async function connectToServer(
  serverUrl: string,
  token: string,
  signal: AbortSignal,
): Promise<WebSocket> {
  const url = `${serverUrl.replace(/^http/, 'ws')}${connectionPath}`;
  const webSocket = new WebSocket(url, workerProtocol, {
    headers: { authorization: `Bearer ${token}` },
    agent: createServerAgent(serverUrl),
    handshakeTimeout: connectMs,
    maxPayload: maxMessageBytes,
    perMessageDeflate: false,
  });
  const abort = () => webSocket.terminate();
  signal.addEventListener('abort', abort);
  try {
    return await new Promise<WebSocket>((resolve, reject) => {
      webSocket.once('open', () => {
        // The welcome may arrive before the caller listens.
        webSocket.pause();
        resolve(webSocket);
      });
      webSocket.once('error', reject);
      webSocket.once('unexpected-response', (request: ClientRequest, response: IncomingMessage) => {
        readRefusal(response)
          .then(reject, reject)
          .finally(() => request.destroy());
      });
    });
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

const refusal = z.object({ detail: z.string().max(2000) });

async function readRefusal(response: IncomingMessage): Promise<Error> {
  const { statusCode = 0 } = response;
  const detail = readDetail(await text(response).catch(() => '')) ?? `The server answers ${statusCode}.`;
  const isFinal = statusCode === 401 || statusCode === 426;
  return isFinal ? new RefusedConnection(detail) : new Error(detail);
}

/** A proxy in between may answer anything. */
function readDetail(body: string): string | null {
  try {
    return refusal.safeParse(JSON.parse(body)).data?.detail ?? null;
  } catch {
    return null;
  }
}
