import type { AlertSite } from './alert-site.ts';
import { describe, expect, it } from 'vitest';
import { nameRule } from './alert-site.ts';
import { openServerStore } from '../../fixtures/server-store.ts';
import { triggerJob } from '../../fixtures/deploy-workspace.ts';

const quiet = 'import time\n\nif __name__ == "__main__":\n    time.sleep(SECONDS)\n';

export const scripts = {
  /** Prints nothing for longer than the test takes, unless it is one of the short runs of its history. */
  quiet: quiet.replace('SECONDS', '900'),
  brief: quiet.replace('SECONDS', '0'),
};

let quietRunId = '';

/** Rules about runs that take long, wait, or do not start. */
export function describeWaitingKinds(site: AlertSite): void {
  describe('a run', () => {
    it('that runs longer than N or than usual, or prints nothing, opens incidents until it ends', async () => {
      const long = await site.inboxes.awaitOpened(nameRule('running_long'), 'quiet');
      expect(JSON.stringify(long)).toContain('sual');
      const silent = await site.inboxes.awaitOpened(nameRule('no_output'), 'quiet');
      await site.server.client.call('cancel_job_run', {
        params: { ...site.params, job_run_id: quietRunId },
      });
      await site.inboxes.awaitResolved(long);
      await site.inboxes.awaitResolved(silent);
    });

    it('that no slot is free for opens stuck_waiting until it starts', async () => {
      const blocking = [];
      for (let count = 0; count < 2; count += 1)
        blocking.push(await triggerJob(site.server, site.api.id, 'jobs.quiet'));
      await triggerJob(site.server, site.api.id, 'jobs.brief');
      const stuck = await site.inboxes.awaitOpened(nameRule('stuck_waiting'), 'brief');
      for (const id of blocking)
        await site.server.client.call('cancel_job_run', { params: { ...site.params, job_run_id: id } });
      await site.inboxes.awaitResolved(stuck);
    });
  });

  it('ticks that no scheduler decides open late, freshness_missed and ticks_behind', async () => {
    await site.deploy({ load_usual: ['schedule:* * * * * */5'] });
    const { id } = await site.api.findJob('jobs.load_usual');
    const serverStore = await openServerStore(site.server);
    const opened: Awaited<ReturnType<typeof site.inboxes.awaitOpened>>[] = [];
    const locked = Promise.withResolvers<void>();
    const released = new AbortController();
    // A transaction that holds the job, such as one that an operator forgot. Postgres ends idle ones.
    const holding = serverStore.database.transaction(async (tx) => {
      await tx.execute('select from jobs where id = $1 for no key update', [id]);
      locked.resolve();
      while (!released.signal.aborted) await tx.execute('select pg_sleep(0.2)');
    });
    try {
      await Promise.race([locked.promise, holding]);
      for (const kind of ['late', 'freshness_missed', 'ticks_behind'] as const)
        opened.push(await site.inboxes.awaitOpened(nameRule(kind)));
    } finally {
      released.abort();
      await holding;
      await serverStore.close();
    }
    for (const each of opened) await site.inboxes.awaitResolved(each);
    await site.deploy();
  });
}

/** Starts the run that takes long, so that other tests run meanwhile. */
describeWaitingKinds.begin = (site: AlertSite) =>
  it('a run that takes long begins', async () => {
    const conditions = { after_seconds: 10 };
    await site.addRule('running_long', {
      conditions: { minimum_runs: 3 },
      scope: { job_patterns: ['jobs.quiet'] },
    });
    await site.addRule('no_output', { conditions, scope: { job_patterns: ['jobs.quiet'] } });
    for (const kind of ['stuck_waiting', 'late', 'freshness_missed', 'ticks_behind'] as const)
      await site.addRule(kind, { conditions });
    await site.deploy({}, { quiet: scripts.brief });
    for (let count = 0; count < 3; count += 1) await site.run('quiet');
    await site.deploy();
    quietRunId = await triggerJob(site.server, site.api.id, 'jobs.quiet');
  });
