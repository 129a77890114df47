import type { Duplex } from 'node:stream';
import { request } from 'node:http';

const defaultPatienceMs = 5000;

/**
 * Whether the other end of a connection answers an HTTP request in time, with any status: some apps serve nothing
 * at `/` (an MCP server, for example). An open port is not enough, because servers listen before they have
 * imported the app they serve.
 */
export async function answersHttp(
  connect: () => Promise<Duplex>,
  patienceMs = defaultPatienceMs,
): Promise<boolean> {
  let stream: Duplex;
  try {
    stream = await connect();
  } catch {
    return false;
  }
  const answered = Promise.withResolvers<boolean>();
  // The client's own timeout and errors do not cover a connection that was open, or has ended, before the request.
  const timer = setTimeout(() => answered.resolve(false), patienceMs);
  try {
    if (stream.destroyed) return false;
    const asking = request({
      createConnection: () => stream,
      path: '/',
      headers: { host: 'localhost', connection: 'close', 'user-agent': 'pumphouse' },
    });
    asking.once('response', () => answered.resolve(true));
    asking.on('error', () => answered.resolve(false));
    asking.once('close', () => answered.resolve(false));
    asking.end();
    return await answered.promise;
  } finally {
    clearTimeout(timer);
    stream.destroy();
  }
}
