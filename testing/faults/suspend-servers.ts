import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createFaultSite, type FaultSite } from './fault-site.ts';
import { moments, type Moment } from './moments.ts';
import { wholeRun } from './run-details.ts';

/** One moment of each phase of a run. The lane `release` tries the others. */
const namesInSlowLane: readonly string[] = [
  'between the start and the stored handle',
  'in user code',
  'inside finish, before the commit',
  'in a second start-up',
];

/** @param lane its moments; together, the lanes have them all */
export function selectMoments(lane: 'slow' | 'release'): Moment[] {
  return moments.filter(({ name }) => namesInSlowLane.includes(name) === (lane === 'slow'));
}

/** Declares a test for each moment: a server is suspended then, and continues after its lease. */
export function declareSuspensions(tried: readonly Moment[]): void {
  let site: FaultSite;

  beforeAll(async () => {
    site = await createFaultSite();
  });
  afterEach(({ task }) => site.endServers({ showLogs: task.result?.state === 'fail' }));
  afterAll(() => site.remove());

  describe('a second server completes a run whose server is suspended for longer than its lease, and the first changes nothing', () => {
    it.each(tried)('$name', async ({ reach }) => {
      const { server: stopped, jobRunId } = await reach(site);
      stopped.process.kill('SIGSTOP');
      const second = await site.startBeside();
      site.release();
      expect(await site.describeRun(second, jobRunId)).toEqual(wholeRun);

      site.resume();
      stopped.process.kill('SIGCONT');
      // Once it has driven another run to its end, it is working again and past the moment at which it was
      // suspended.
      const later = await site.trigger(stopped, 'jobs.follow');
      expect((await site.of(stopped).awaitEnd(later)).status).toBe('completed');
      await site.awaitTidiness();
      expect(await site.describeRun(stopped, jobRunId)).toEqual(wholeRun);
    });
  });
}
