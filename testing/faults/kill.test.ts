import type { FaultPointName } from '@pumphouse/server/fault-points.ts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createFaultSite, wholeRun, type FaultSite } from './fault-site.ts';

let site: FaultSite;

beforeAll(async () => {
  site = await createFaultSite();
});
afterEach(() => site.endServers());
afterAll(() => site.remove());

describe('kill -9 of the server', () => {
  const moments: [string, FaultPointName][] = [
    ['between the claim and the start', 'after-claim'],
    ['between the start and the stored handle', 'before-handle-stored'],
    ['while dlt sends its beacon', 'beacon-received'],
    ['between exit and finish', 'between-exit-and-finish'],
    ['inside finish before the commit', 'in-finish-before-commit'],
    ['after the commit of finish', 'after-finish-commit'],
    ['while the log is compressed', 'in-log-compression'],
  ];

  it.each(moments)('%s', async (_, pauseAt) => {
    const killed = await site.start({ pauseAt });
    const jobRunId = await site.trigger(killed);
    await site.awaitPause();
    await killed.end('SIGKILL');
    const server = await site.start();
    expect(await site.describeRun(server, jobRunId)).toEqual(wholeRun);
  });
});
