import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createFaultSite, type FaultSite } from './fault-site.ts';
import { moments } from './moments.ts';
import { wholeRun } from './run-details.ts';

let site: FaultSite;

beforeAll(async () => {
  site = await createFaultSite();
});
afterEach(({ task }) => site.endServers({ showLogs: task.result?.state === 'fail' }));
afterAll(() => site.remove());

describe('a run is complete after kill -9 of its server', () => {
  it.each(moments)('$name', async ({ reach }) => {
    const { server, jobRunId } = await reach(site);
    await server.end('SIGKILL');
    const next = await site.start();
    site.release();
    expect(await site.describeRun(next, jobRunId)).toEqual(wholeRun);
    await site.awaitTidiness();
  });
});
