/**
 * Load packages of runs that lose their pod, which reports nothing then, are finished by the next run. On a cluster: with a claim,
 * and with PUMPHOUSE_TEST_LOCAL_DATA=objects, where the destination may be lost with the pod.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attemptPodName } from '@pumphouse/server/executors/kubernetes/names.ts';
import { keepsObjects, runsAreInCluster } from '../../fixtures/runs-location.ts';
import { openServerStore, type ServerStore } from '../../fixtures/server-store.ts';
import { ApiClient } from '../../kubernetes/api-client.ts';
import type { TestCluster } from '../../kubernetes/cluster.ts';
import { createPendingSite, loadedLine, type PendingSite } from './pending-site.ts';

const points = ['normalize', 'in-load'] as const;
const jobs = ['duckdb_append', 'filesystem_append', 'postgres_append'].flatMap((job) =>
  points.flatMap((at) =>
    [`${job}_evicted-${at}`, `${job}_deleted-${at}`].map((name) => name.replaceAll('-', '')),
  ),
);

/** Their pods had loaded more than the server knows. */
const behind = ['append', 'merge', 'replace'].map((disposition) => `postgres_${disposition}_behind`);

/** The real cluster is older than `policy/v1`. */
const evictions = process.env['PUMPHOUSE_TEST_CLUSTER_KIND'] === 'real' ? 'policy/v1beta1' : 'policy/v1';

describe.skipIf(!runsAreInCluster)('a run whose pod is', () => {
  let site: PendingSite;
  let stored: ServerStore;
  let cluster: ApiClient;
  beforeAll(async () => {
    site = await createPendingSite([...jobs, ...(keepsObjects ? behind : [])]);
    stored = await openServerStore(site.server);
    cluster = new ApiClient(
      JSON.parse(process.env['PUMPHOUSE_TEST_CLUSTER'] ?? '') as Pick<
        TestCluster,
        'connection' | 'adminToken'
      >,
    );
  });
  afterAll(async () => {
    await stored.close();
    await site.remove();
  });

  async function findPod(id: string): Promise<string> {
    const { attempts } = await site.server.client.call('get_job_run_life', {
      params: { workspace_id: site.workspaceId, job_run_id: id },
    });
    return attemptPodName(String(attempts.at(-1)?.id));
  }

  /** Awaits that the server has what is pending: with a claim it is on the disk already. */
  async function awaitStored(job: string, step: string): Promise<void> {
    if (!keepsObjects) return;
    const read = async () =>
      stored.database.query<{ step: string }>(
        `select package->>'step' as step from pipeline_folders, jsonb_array_elements(packages) package
          where pipeline_name = $1`,
        [job],
      );
    await expect.poll(read, { timeout: 120_000 }).toEqual([{ step }]);
  }

  async function deletePod(id: string): Promise<void> {
    const pod = await findPod(id);
    const body = { gracePeriodSeconds: 0 };
    expect((await cluster.send('DELETE', cluster.path(`pods/${pod}`), { body })).status).toBe(200);
  }

  /** Makes the server know only what it knew before the first job was completed. */
  async function forgetCompletedJobs(job: string): Promise<void> {
    const { database } = stored;
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
    if (at === 'normalize') return 'extracted';
    return job.startsWith('postgres') ? 'partly_loaded' : 'normalized';
  };

  const cases = ['duckdb_append', 'filesystem_append', 'postgres_append'].flatMap((job) =>
    points.map((at) => ({ job, at })),
  );

  it.each(cases)('evicted ($job, $at) is finished by its next attempt', async ({ job, at }) => {
    const name = `${job}_evicted${at.replace('-', '')}`;
    const { id } = await site.startUntil(name, { at, how: 'hang' });
    const pod = await findPod(id);
    const body = { apiVersion: evictions, kind: 'Eviction', metadata: { name: pod } };
    const answer = await cluster.send('POST', cluster.path(`pods/${pod}/eviction`), { body });
    expect(answer.status).toBe(201);
    // The run is retried, and its second attempt finishes what the first one left.
    const ended = await site.finish(id);
    expect(ended.status, ended.lines.join('\n')).toBe('completed');
    expect(ended.asked.at(-1)).toBe('asked after 3');
    expect(ended.lines.at(-1)).toBe(loadedLine(6));
  });

  it.each(cases)('deleted by force ($job, $at) is finished by the next one', async ({ job, at }) => {
    const name = `${job}_deleted${at.replace('-', '')}`;
    const { id } = await site.startUntil(name, { at, how: 'hang' });
    await awaitStored(name, stepAt(job, at));
    await deletePod(id);
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
      await awaitStored(name, 'partly_loaded');
      await deletePod(id);
      expect((await site.finish(id)).status).toBe('failed');
      await forgetCompletedJobs(name);
      await site.expectFinished(name, id, 6);
    },
  );
});
