import type { FastifyInstance } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { advancePace, defaultBodyLimits, isTooSlow, startingPace } from './body-pace.ts';
import type { BodyLimits, BodyPace } from './body-pace.ts';
import { errorBody } from './errors.ts';

interface ArrivingBody {
  request: IncomingMessage;
  response: ServerResponse;
  /** Bytes of the connection before this body: a connection serves several requests. */
  bytesBefore: number;
  pace: BodyPace;
}

const checkMs = 1000;
/** For a client to read the answer. */
const lingerMs = 5000;

/**
 * Ends requests whose body arrives too slowly, with 408. Node's own limit is one time for all bodies: it cuts large uploads on slow lines
 * off, or lets anybody hold connections open with a byte now and then.
 */
export function addBodyDeadline(app: FastifyInstance, limits: BodyLimits = defaultBodyLimits): void {
  const arriving = new Set<ArrivingBody>();
  const intervalMs = Math.min(checkMs, limits.idleMs);
  let checkedAt = performance.now();

  function check(): void {
    const passedMs = performance.now() - checkedAt;
    checkedAt += passedMs;
    for (const body of arriving) {
      if (isOver(body)) {
        arriving.delete(body);
        continue;
      }
      body.pace = advancePace(body.pace, {
        bytes: body.request.socket.bytesRead - body.bytesBefore,
        // A thread that was busy has not read what came meanwhile.
        passedMs: Math.min(passedMs, 2 * intervalMs),
        isServerBusy: body.request.readableLength > 0,
      });
      if (!isTooSlow(body.pace, limits)) continue;
      arriving.delete(body);
      cutOff(body);
    }
  }

  app.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (!hasBody(request)) return;
    const bytesBefore = request.socket.bytesRead;
    arriving.add({ request, response, bytesBefore, pace: startingPace });
  });
  const timer = setInterval(check, intervalMs).unref();
  app.addHook('onClose', async () => clearInterval(timer));
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** An answer is not the end: Node reads the rest of a body that was refused, for as long as it takes. */
function isOver({ request }: ArrivingBody): boolean {
  return request.complete || request.socket.destroyed;
}

/** The handler still reads the request, so nothing but the connection itself can be answered on. */
function cutOff({ request, response }: ArrivingBody): void {
  const { socket } = request;
  if (response.headersSent) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify(
    errorBody(
      'body_too_slow',
      'The body of the request arrived too slowly. Send it again on a faster connection.',
    ),
  );
  const head = `HTTP/1.1 408 Request Timeout\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close`;
  socket.end(`${head}\r\n\r\n${body}`);
  // Closed at once, the connection would be reset by the next byte of the client, and the answer lost with it.
  setTimeout(() => socket.destroy(), lingerMs).unref();
}
