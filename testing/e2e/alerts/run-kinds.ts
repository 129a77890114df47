import type { AlertSite } from './alert-site.ts';
import { describe, expect, it } from 'vitest';
import { nameRule } from './alert-site.ts';

const failing = 'if __name__ == "__main__":\n    raise KeyError("id")\n';
const working = 'if __name__ == "__main__":\n    print("works")\n';

export const scripts = { unsteady: failing };

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
  });
}
