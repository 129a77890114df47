import { expect } from 'vitest';
import { attemptPodName } from '@pumphouse/server/executors/kubernetes/names.ts';
import type { PendingSite } from './pending-site.ts';
import type { TestCluster } from '../../kubernetes/cluster.ts';
import { ApiClient } from '../../kubernetes/api-client.ts';
import { keepsObjects } from '../../fixtures/runs-location.ts';
import { openServerStore } from '../../fixtures/server-store.ts';

/** The real cluster is older than `policy/v1`. */
const evictions = process.env['PUMPHOUSE_TEST_CLUSTER_KIND'] === 'real' ? 'policy/v1beta1' : 'policy/v1';

export type RunPods = Awaited<ReturnType<typeof openRunPods>>;

/** Ends pods of runs as a cluster does, and shows what the server keeps of them. */
export async function openRunPods(site: PendingSite) {
  const stored = await openServerStore(site.server);
  const cluster = new ApiClient(
    JSON.parse(process.env['PUMPHOUSE_TEST_CLUSTER'] ?? '') as Pick<TestCluster, 'connection' | 'adminToken'>,
  );

  async function findPod(jobRunId: string): Promise<string> {
    const { attempts } = await site.server.client.call('get_job_run_life', {
      params: { workspace_id: site.workspaceId, job_run_id: jobRunId },
    });
    return attemptPodName(String(attempts.at(-1)?.id));
  }

  return {
    database: stored.database,

    async evict(jobRunId: string): Promise<void> {
      const pod = await findPod(jobRunId);
      const body = { apiVersion: evictions, kind: 'Eviction', metadata: { name: pod } };
      const answer = await cluster.send('POST', cluster.path(`pods/${pod}/eviction`), { body });
      expect(answer.status).toBe(201);
    },

    async deleteByForce(jobRunId: string): Promise<void> {
      const pod = await findPod(jobRunId);
      const body = { gracePeriodSeconds: 0 };
      expect((await cluster.send('DELETE', cluster.path(`pods/${pod}`), { body })).status).toBe(200);
    },

    /** Awaits that the server has what is pending: with a claim it is on the disk already. */
    async awaitStored(pipelineName: string, step: string): Promise<void> {
      if (!keepsObjects) return;
      const read = async () =>
        stored.database.query<{ step: string }>(
          `select package->>'step' as step from pipeline_folders, jsonb_array_elements(packages) package
            where pipeline_name = $1`,
          [pipelineName],
        );
      await expect.poll(read, { timeout: 120_000 }).toEqual([{ step }]);
    },

    close: () => stored.close(),
  };
}
