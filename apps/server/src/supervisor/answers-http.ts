import type { Duplex } from 'node:stream';
import { request } from 'node:http';

const patienceMs = 5000;

/**
 * Whether the other end of a connection answers an HTTP request, with any status: some apps serve nothing at
 * `/` (an MCP server, for example). An open port is not enough, because servers listen before they have
 * imported the app they serve.
 */
export async function answersHttp(connect: () => Promise<Duplex>): Promise<boolean> {
  let stream: Duplex;
  try {
    stream = await connect();
  } catch {
    return false;
  }
  try {
    return await new Promise<boolean>((resolve) => {
      const asking = request({
        createConnection: () => stream,
        path: '/',
        headers: { host: 'localhost', connection: 'close', 'user-agent': 'pumphouse' },
        timeout: patienceMs,
      });
      asking.once('response', (response) => {
        response.destroy();
        resolve(true);
      });
      asking.once('timeout', () => resolve(false));
      asking.once('error', () => resolve(false));
      asking.end();
    });
  } finally {
    stream.destroy();
  }
}
