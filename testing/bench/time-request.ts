import { Agent, get, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

/**
 * Milliseconds of a GET from the call to the last byte of its body, over a connection that stays open. The body is
 * dropped as it arrives: `fetch` keeps it, and a client that keeps pages of 420 KB waits for its own garbage
 * collections, which would count as the server's time.
 * @throws Error with the body, for any status but 200
 */
export async function timeRequest(url: string, token: string): Promise<number> {
  const startedAt = performance.now();
  const request = get(url, { agent, headers: { authorization: `Bearer ${token}` } });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  if (response.statusCode !== 200) throw new Error(`${url}: ${response.statusCode} ${await text(response)}`);
  response.resume();
  await once(response, 'end');
  return performance.now() - startedAt;
}
