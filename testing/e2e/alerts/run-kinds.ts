import type { AlertSite } from './alert-site.ts';
import { describe, expect, it } from 'vitest';
import { nameRule } from './alert-site.ts';

const failing = 'if __name__ == "__main__":\n    raise KeyError("id")\n';
const working = 'if __name__ == "__main__":\n    print("works")\n';

const dayMs = 86_400_000;

export const scripts = { unsteady: failing, windowed: failing };

/** Rules about how runs end. */
export function describeRunKinds(site: AlertSite): void {
  describe('the end of a run', () => {
    it('opens run_failed, counts the next failure, and resolves with a success', async () => {
      const scope = { job_patterns: ['jobs.unsteady'] };
      for (const kind of ['run_failed', 'run_succeeded', 'recovered'] as const)
        await site.addRule(kind, { scope });
      await site.run('unsteady');
      await site.run('unsteady');
      const failed = await site.inboxes.awaitOpened(nameRule('run_failed'), 'unsteady failed');
      expect(failed.title).toContain('KeyError');
      const { server, params } = site;
      const query = { is_open: true };
      const findIncident = async () => {
        const { items } = await server.client.call('list_alert_incidents', { params, query });
        return items.find(({ kind }) => kind === 'run_failed');
      };
      await expect
        .poll(findIncident)
        .toMatchObject({ job_ref: 'jobs.unsteady', state: 'open', occurrence_count: 2 });
      expect(failed.links[0]?.url).toMatch(new RegExp(`/w/${site.api.id}/runs/`));

      await site.deploy({}, { unsteady: working });
      await site.run('unsteady');
      await site.inboxes.awaitOpened(nameRule('run_succeeded'), 'unsteady');
      await site.inboxes.awaitOpened(nameRule('recovered'), 'unsteady recovered after 2 failed runs');
      await site.inboxes.awaitResolved(failed);
    });

    it('of a window opens backfill_failed, which resolves when the backfill has loaded it', async () => {
      const { server, params, inboxes } = site;
      for (const kind of ['backfill_failed', 'backfill_finished'] as const) await site.addRule(kind);
      const triggers = { windowed: ['schedule:0 0 * * *'] };
      await site.deploy(triggers);
      const { id: job_id } = await site.api.findJob('jobs.windowed');
      const midnightMs = new Date().setUTCHours(0, 0, 0, 0);
      const range = {
        start: new Date(midnightMs - 2 * dayMs).toISOString(),
        end: new Date(midnightMs - dayMs).toISOString(),
      };
      const { id } = await server.client.call('create_backfill', {
        params: { ...params, job_id },
        body: range,
      });
      const failed = await inboxes.awaitOpened(nameRule('backfill_failed'), 'backfill of windowed failed');
      expect(failed.links.map(({ url }) => url)).toContainEqual(expect.stringContaining(`backfill=${id}`));

      await site.deploy(triggers, { windowed: working });
      const body = {};
      await server.client.call('retry_backfill', { params: { ...params, backfill_id: id }, body });
      await inboxes.awaitOpened(nameRule('backfill_finished'), 'The backfill of windowed finished');
      await inboxes.awaitResolved(failed);
    });
  });
}
