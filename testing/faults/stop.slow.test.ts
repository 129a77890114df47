import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createFaultSite, type FaultSite } from './fault-site.ts';
import { moments } from './moments.ts';
import { wholeRun } from './run-facts.ts';

let site: FaultSite;

beforeAll(async () => {
  site = await createFaultSite();
});
afterEach(({ task }) => site.endServers({ showLogs: task.result?.state === 'fail' }));
afterAll(() => site.remove());

describe('a second server makes a run whole whose server stands still for longer than its lease, and the first changes nothing', () => {
  it.each(moments)('$name', async ({ reach }) => {
    const { server: stopped, jobRunId } = await reach(site);
    stopped.process.kill('SIGSTOP');
    const second = await site.startBeside();
    site.release();
    expect(await site.describeRun(second, jobRunId)).toEqual(wholeRun);

    site.resume();
    stopped.process.kill('SIGCONT');
    // It is back at work, and behind the moment at which it stood still, when it has seen another run to its end.
    const later = await site.trigger(stopped, 'jobs.follow');
    expect((await site.of(stopped).awaitEnd(later)).status).toBe('completed');
    await site.awaitTidiness();
    expect(await site.describeRun(stopped, jobRunId)).toEqual(wholeRun);
  });
});
