import type { FaultPointName } from '@pumphouse/server/fault-points.ts';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createFaultSite, wholeRun, type FaultSite } from './fault-site.ts';

let site: FaultSite;

beforeAll(async () => {
  site = await createFaultSite();
});
afterEach(() => site.endServers());
afterAll(() => site.remove());

describe('SIGSTOP of the server for longer than its lease, while a second one takes over', () => {
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
    const stopped = await site.start({ pauseAt });
    const jobRunId = await site.trigger(stopped);
    await site.awaitPause();
    stopped.process.kill('SIGSTOP');
    const second = await site.startBeside();
    expect(await site.describeRun(second, jobRunId)).toEqual(wholeRun);
    await site.awaitTidiness();
    site.resume();
    stopped.process.kill('SIGCONT');
    const follower = await site.trigger(stopped, 'jobs.follow');
    await site.of(stopped).awaitEnd(follower);
    expect(await site.describeRun(stopped, jobRunId)).toEqual(wholeRun);
    await site.awaitTidiness();
  });
});
