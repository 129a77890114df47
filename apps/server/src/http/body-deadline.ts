import type { FastifyInstance } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { advancePace, defaultBodyLimits, isTooSlow, startingPace } from './body-pace.ts';
import type { BodyLimits, BodyPace } from './body-pace.ts';
import { errorBody } from './errors.ts';

interface ArrivingBody {
  request: IncomingMessage;
  response: ServerResponse;
  /** Bytes received on the connection before this body: a connection serves several requests. */
  bytesBefore: number;
  pace: BodyPace;
}

const checkMs = 1000;
/** Time for the client to read the response. */
const lingerMs = 5000;

/**
 * Ends requests whose body arrives too slowly, with 408. Node's own limit is a single timeout for all bodies:
 * it would cut off large uploads on slow lines, or let clients hold connections open with an occasional byte.
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
        // While its thread was busy, the server did not read bytes that had arrived.
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

/** The response does not end the exchange: Node keeps reading the rest of a rejected body. */
function isOver({ request }: ArrivingBody): boolean {
  return request.complete || request.socket.destroyed;
}

/** The handler is still reading the request, so write the response directly to the connection. */
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
  // Closing at once would make the client's next byte reset the connection, and the response would be lost.
  setTimeout(() => socket.destroy(), lingerMs).unref();
}
