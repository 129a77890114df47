/** Pending packages and holds of runs that start in other ways: forked from a template, and with the oldest dlt. */
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../../fixtures/eventually.ts';
import { readMetric } from '../../fixtures/read-metric.ts';
import { runsAreContainers } from '../../fixtures/runs-location.ts';
import { isForked } from '../../faults/forked-runs.ts';
import { createPendingSite, oldestDlt, type PendingSite } from './pending-site.ts';

let site: PendingSite;
afterEach(() => site.remove());

async function findAttempt(jobRunId: string): Promise<string> {
  const { attempts } = await site.server.client.call('get_job_run_life', {
    params: { workspace_id: site.workspaceId, job_run_id: jobRunId },
  });
  return String(attempts.at(-1)?.id);
}

describe.skipIf(runsAreContainers)('runs that are forked from a template', () => {
  it('keep packages for each other, and wait for each other', async () => {
    site = await createPendingSite(['duckdb_append']);
    let loaded = 0;
    await eventually('a run is forked', async () => {
      expect((await site.run('duckdb_append')).status).toBe('completed');
      loaded += 3;
      return (await readMetric(site.server, 'pumphouse_templates_runs')) > 0;
    });

    const first = await site.startUntil('duckdb_append', { at: 'in-load', how: 'hang' });
    expect(isForked(site.server.dataDir, await findAttempt(first.id))).toBe(true);
    const waiting = await site.start('duckdb_append');
    await site.api.awaitLine(waiting, 'Waiting for the pipeline duckdb_append: run');
    expect(isForked(site.server.dataDir, await findAttempt(waiting))).toBe(true);
    await site.cancel(first.id);
    expect((await site.finish(first.id)).status).toBe('cancelled');
    await site.expectFinished('duckdb_append', first.id, loaded + 6, waiting);
  });
});

describe(`runs with dlt ${oldestDlt}`, () => {
  it('finish packages before normalize, and with half of the load jobs done', async () => {
    const name = runsAreContainers ? 'duckdb_merge' : 'postgres_merge';
    site = await createPendingSite([name], { dlt: oldestDlt });
    const extracted = await site.startUntil(name, { at: 'normalize', how: 'kill' });
    expect((await site.finish(extracted.id)).status).toBe('failed');
    await site.expectFinished(name, extracted.id, 6);
    const halfLoaded = await site.startUntil(name, { at: 'in-load', how: 'hang' });
    const waiting = await site.start(name);
    await site.api.awaitLine(waiting, `Waiting for the pipeline ${name}: run`);
    await site.cancel(halfLoaded.id);
    expect((await site.finish(halfLoaded.id)).status).toBe('cancelled');
    await site.expectFinished(name, halfLoaded.id, 12, waiting);
  });
});
