import type { ExampleSetup, Replacements } from '../example.ts';
import type { ExampleSite } from '../example-site.ts';
import { eventually } from '../../fixtures/eventually.ts';

/** The part of an id that examples write. */
const writtenId = '3f2a';

/** Pauses a new backfill of the job load, in place of the one that the examples name. */
async function pausedBackfill(site: ExampleSite): Promise<Replacements> {
  const { client } = site.server;
  await endBackfills(site);
  const { id: jobId } = await site.api.findJob('jobs.shop.load');
  const { id } = await client.call('create_backfill', {
    params: { workspace_id: site.api.id, job_id: jobId },
    body: { start: '2026-02-01T00:00:00Z', end: '2026-03-01T00:00:00Z', mode: 'all', parallel: 1 },
  });
  await client.call('pause_backfill', { params: { workspace_id: site.api.id, backfill_id: id } });
  return { [writtenId]: id };
}

/** Windows that have not been loaded are retried. */
async function skippedWindows(site: ExampleSite): Promise<Replacements> {
  const replacements = await pausedBackfill(site);
  await site.run(`pumphouse backfill skip ${replacements[writtenId]} 12 15`);
  return replacements;
}

/** Cancels what is open, and waits for its end. */
export async function endBackfills(site: ExampleSite): Promise<void> {
  const { client } = site.server;
  const params = { workspace_id: site.api.id };
  // One that ends in between cannot be cancelled: the next look leaves it out.
  await eventually('every backfill has ended', async () => {
    const { items } = await client.call('list_backfills', { params, query: { is_open: true } });
    for (const { id } of items)
      await client.call('cancel_backfill', {
        params: { ...params, backfill_id: id },
        body: { cancel_running: true },
      });
    return items.length === 0;
  });
}

/** Waits until no backfill is open. */
async function awaitBackfills(site: ExampleSite): Promise<void> {
  const params = { workspace_id: site.api.id };
  await eventually('no backfill is open', async () => {
    const { items } = await site.server.client.call('list_backfills', { params, query: { is_open: true } });
    return items.length === 0;
  });
}

export const backfills: Record<string, ExampleSetup> = {
  'pumphouse backfill show 3f2a': { prepare: pausedBackfill },
  'pumphouse backfill windows 3f2a': { prepare: pausedBackfill },
  'pumphouse backfill pause 3f2a': { prepare: resumedBackfill },
  'pumphouse backfill resume 3f2a': { prepare: pausedBackfill },
  'pumphouse backfill cancel 3f2a': { prepare: pausedBackfill },
  'pumphouse backfill retry 3f2a': { prepare: skippedWindows },
  'pumphouse backfill skip 3f2a': { prepare: pausedBackfill },
  'pumphouse backfill change 3f2a': { prepare: pausedBackfill },
  'pumphouse backfill invalidate load': {
    prepare: async (site) => {
      await endBackfills(site);
      await site.run('pumphouse backfill create load --from 2026-01-03 --to 2026-01-06 --mode all');
      await awaitBackfills(site);
    },
  },
};

async function resumedBackfill(site: ExampleSite): Promise<Replacements> {
  const replacements = await pausedBackfill(site);
  await site.run(`pumphouse backfill resume ${replacements[writtenId] ?? ''}`);
  return replacements;
}
