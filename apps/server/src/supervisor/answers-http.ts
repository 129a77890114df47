import type { Duplex } from 'node:stream';
import { request } from 'node:http';

const patienceMs = 5000;

/**
 * Whether somebody answers a request at the other end of a connection, with whatever status: some apps have nothing at `/` (an MCP server).
 * A port that takes connections is not enough: servers listen before they have imported what they serve.
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
