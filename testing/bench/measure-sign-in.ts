import type { Row } from './report.ts';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import { startTestServer, type TestServer } from '../fixtures/server.ts';
import { summarize } from './samples.ts';

const floodSeconds = 8;
const triesASecond = 1000;

/**
 * Response times of calls during a flood of password attempts, compared with the same server without the
 * flood.
 */
export async function measureSignInFlood(): Promise<Row[]> {
  const server = await startTestServer({ PUMPHOUSE_TRUSTED_PROXIES: '127.0.0.1' });
  try {
    const calls: [name: string, call: () => Promise<unknown>][] = [
      ['GET /healthz', async () => (await fetch(`${server.url}/healthz`)).text()],
      ['a list with a key', () => server.client.call('list_organizations', { query: {} })],
    ];
    const alone = await takeTimes(calls, (floodSeconds - 1) * 1000);
    const flooded = flood(server);
    await delay(500);
    const beside = await takeTimes(calls, (floodSeconds - 1) * 1000);
    const { statuses, seconds } = await flooded;
    const note = `answers of the flood in ${seconds.toFixed(1)} s: ${JSON.stringify(statuses)}`;
    return calls.map(([name], at) => ({
      name: `${name}, beside ${triesASecond} sign-ins a second`,
      unit: 'ms' as const,
      figure: summarize(beside[at] ?? [], { withP95: true }),
      baseline: { name: 'without them', figure: summarize(alone[at] ?? [], { withP95: true }) },
      goal: { of: 'p95' as const, atMost: 100 },
      note,
    }));
  } finally {
    await server.remove();
  }
}

async function takeTimes(calls: [string, () => Promise<unknown>][], forMs: number): Promise<number[][]> {
  const times: number[][] = calls.map(() => []);
  const until = performance.now() + forMs;
  while (performance.now() < until) {
    for (const [at, [, call]] of calls.entries()) {
      const began = performance.now();
      await call();
      times[at]?.push(performance.now() - began);
    }
    await delay(20);
  }
  return times;
}

async function flood({ url }: TestServer) {
  const script = fileURLToPath(new URL('sign-in-flood.ts', import.meta.url));
  const args = [script, url, String(triesASecond), String(floodSeconds)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as { statuses: Record<string, number>; seconds: number };
}
