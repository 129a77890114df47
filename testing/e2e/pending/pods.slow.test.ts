/**
 * Load packages of runs that lose their pod, which reports nothing then, are finished by the next run. On a cluster: with a claim,
 * and with PUMPHOUSE_TEST_LOCAL_DATA=objects, where the destination may be lost with the pod.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keepsObjects, runsAreInCluster } from '../../fixtures/runs-location.ts';
import { createPendingSite, loadedLine, type PendingSite } from './pending-site.ts';
import { openRunPods, type RunPods } from './pods.ts';

const points = ['normalize', 'in-normalize', 'in-load'] as const;
const jobs = ['duckdb_append', 'filesystem_append', 'postgres_append'].flatMap((job) =>
  points.flatMap((at) =>
    [`${job}_evicted-${at}`, `${job}_deleted-${at}`].map((name) => name.replaceAll('-', '')),
  ),
);

/** Their pods had loaded more than the server knows. */
const behind = ['append', 'merge', 'replace'].map((disposition) => `postgres_${disposition}_behind`);

describe.skipIf(!runsAreInCluster)('a run whose pod is', () => {
  let site: PendingSite;
  let pods: RunPods;
  beforeAll(async () => {
    site = await createPendingSite([...jobs, ...(keepsObjects ? behind : [])]);
    pods = await openRunPods(site);
  });
  afterAll(async () => {
    await pods.close();
    await site.remove();
  });

  /** Makes the server know only what it knew before the first job was completed. */
  async function forgetCompletedJobs(job: string): Promise<void> {
    const { database } = pods;
    const [folder] = await database.query<{ id: string; files: Record<string, unknown> }>(
      'select id, files from pipeline_folders where pipeline_name = $1',
      [job],
    );
    const files = Object.entries(folder?.files ?? {})
      .filter(([path]) => !path.endsWith('.sql') && !/pending_transitions\/./.test(path))
      .map(([path, file]) => [path.replace(/(completed|started)_jobs\/(?=.)/, 'new_jobs/'), file]);
    await database.query('update pipeline_folders set files = $2 where id = $1', [
      folder?.id,
      JSON.stringify(Object.fromEntries(files)),
    ]);
  }

  /** What the server keeps of a package: what was loaded to a file is lost with the pod. */
  const stepAt = (job: string, at: (typeof points)[number]) => {
    if (at !== 'in-load') return 'extracted';
    return job.startsWith('postgres') ? 'partly_loaded' : 'normalized';
  };

  const cases = ['duckdb_append', 'filesystem_append', 'postgres_append'].flatMap((job) =>
    points.map((at) => ({ job, at })),
  );

  it.each(cases)('evicted ($job, $at) is not repeated, and finished by the next run', async ({ job, at }) => {
    const name = `${job}_evicted${at.replace('-', '')}`;
    const { id } = await site.startUntil(name, { at, how: 'hang' });
    await pods.evict(id);
    expect((await site.finish(id)).status).toBe('failed');
    const next = await site.run(name);
    expect(next.status, next.lines.join('\n')).toBe('completed');
    expect(next.asked).toEqual(['asked after 3']);
    expect(next.lines.at(-1)).toBe(loadedLine(6));
  });

  it.each(cases)('deleted by force ($job, $at) is finished by the next one', async ({ job, at }) => {
    const name = `${job}_deleted${at.replace('-', '')}`;
    const { id } = await site.startUntil(name, { at, how: 'hang' });
    await pods.awaitStored(name, stepAt(job, at));
    await pods.deleteByForce(id);
    expect((await site.finish(id)).status).toBe('failed');
    if (!keepsObjects) {
      // Only the next run looks at what is pending on a claim.
      const next = await site.run(name);
      expect(next.lines.at(-1)).toBe(loadedLine(6));
      expect(next.asked).toEqual(['asked after 3']);
      return;
    }
    expect(await site.list({ job_run_id: id })).toEqual([
      expect.objectContaining({ state: 'pending', step: stepAt(job, at) }),
    ]);
    await site.expectFinished(name, id, 6);
  });

  it.skipIf(!keepsObjects).each(behind)(
    'deleted by force leaves jobs that were loaded (%s)',
    async (name) => {
      const { id } = await site.startUntil(name, { at: 'in-load', how: 'hang' });
      await pods.awaitStored(name, 'partly_loaded');
      await pods.deleteByForce(id);
      expect((await site.finish(id)).status).toBe('failed');
      await forgetCompletedJobs(name);
      await site.expectFinished(name, id, 6);
    },
  );
});
