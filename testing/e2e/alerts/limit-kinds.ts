import type { AlertSite } from './alert-site.ts';
import { expect, it } from 'vitest';
import { nameRule } from './alert-site.ts';
import { openServerStore } from '../../fixtures/server-store.ts';

/** Rules about limits of the organization. */
export function describeLimitKinds(site: AlertSite): void {
  it('limits that are nearly reached open limits_near_end and storage_near_limit', async () => {
    const { items } = await site.server.client.call('list_organizations', { query: {} });
    const serverStore = await openServerStore(site.server);
    try {
      const limits = { concurrentRuns: null, minutesAMonth: 60 };
      await serverStore.store.organizationLimits.set(items[0]?.id ?? '', limits);
      await site.addRule('limits_near_end', { conditions: { percent: 1 } });
      await site.addRule('storage_near_limit', { conditions: { percent: 1 } });
      const used = await site.inboxes.awaitOpened(nameRule('limits_near_end'));
      expect(used.title).toContain('minutes');
      await site.inboxes.awaitOpened(nameRule('storage_near_limit'));
      await serverStore.store.organizationLimits.set(items[0]?.id ?? '', { ...limits, minutesAMonth: null });
      await site.inboxes.awaitResolved(used);
    } finally {
      await serverStore.close();
    }
  });
}
