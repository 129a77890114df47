/** Load packages that a run did not finish are finished by the next one, whatever ended the first. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { killProcess } from '../../fixtures/kill-process.ts';
import { listAttemptProcesses } from '../../fixtures/run-processes.ts';
import {
  createRunsLocation,
  keepsObjects,
  runsAreContainers,
  runsAreInCluster,
} from '../../fixtures/runs-location.ts';
import { createPendingSite, loadedLine, type PendingSite } from './pending-site.ts';

// One job for each test, with a pipeline and a database of its own.
const jobs = {
  memory: 'duckdb_append_memory',
  cancel: 'filesystem_replace_cancel',
  timeout: 'duckdb_merge_timeout',
  bootstrap: 'duckdb_append_bootstrap',
  server: 'duckdb_append_server',
  drop: 'duckdb_append_drop',
};

let site: PendingSite;
beforeAll(async () => {
  site = await createPendingSite(Object.values(jobs));
});
afterAll(() => site.remove());

it('used more memory than it has', async () => {
  const { id } = await site.startUntil(jobs.memory, { at: 'in-normalize', how: 'memory' });
  expect((await site.finish(id)).status).toBe('failed');
  await site.expectFinished(jobs.memory, id, 6);
});

it('was cancelled', async () => {
  const { id } = await site.startUntil(jobs.cancel, { at: 'in-load', how: 'hang' });
  await site.cancel(id);
  expect((await site.finish(id)).status).toBe('cancelled');
  await site.expectFinished(jobs.cancel, id, 6);
});

it('reached its time limit', async () => {
  const { id } = await site.startUntil(jobs.timeout, { at: 'in-load', how: 'hang' });
  expect((await site.finish(id)).status).toBe('failed');
  // The next run may take longer.
  await site.deploy(600);
  await site.expectFinished(jobs.timeout, id, 6);
});

it.skipIf(runsAreInCluster)('lost all its processes, the one that reports included', async () => {
  const { id } = await site.startUntil(jobs.bootstrap, { at: 'in-load', how: 'hang' });
  const { attempts } = await site.server.client.call('get_job_run_life', {
    params: { workspace_id: site.workspaceId, job_run_id: id },
  });
  const attemptId = String(attempts.at(-1)?.id);
  const { dataDir } = site.server;
  await createRunsLocation(dataDir).signalBootstrap(attemptId, 'SIGKILL');
  if (!runsAreContainers) for (const pid of await listAttemptProcesses(dataDir, attemptId)) killProcess(pid);
  expect((await site.finish(id)).status).toBe('failed');
  const next = await site.run(jobs.bootstrap);
  expect(next.lines.at(-1)).toBe(loadedLine(6));
  expect(next.asked).toEqual(['asked after 3']);
});

it('went on while its server was replaced, and its packages are finished without asking the source', async () => {
  const { id } = await site.startUntil(jobs.server, { at: 'load', how: 'hang' });
  await site.restart();
  await site.cancel(id);
  await site.finish(id);
  const { job_run_id: finishingId } = await site.server.client.call('finish_pending_packages', {
    params: { workspace_id: site.workspaceId, pipeline_name: jobs.server },
    body: { profile: 'prod' },
  });
  const finishing = await site.finish(finishingId);
  expect(finishing).toMatchObject({ status: 'completed', asked: [] });
  expect(await site.list({ job_run_id: id })).toEqual([expect.objectContaining({ state: 'finished' })]);
  expect((await site.run(jobs.server)).lines.at(-1)).toBe(loadedLine(6));
});

it('has them dropped by the next run, if a member says so', async () => {
  const { id } = await site.startUntil(jobs.drop, { at: 'load', how: 'kill' });
  await site.finish(id);
  await site.server.client.call('drop_pending_packages', {
    params: { workspace_id: site.workspaceId, pipeline_name: jobs.drop },
    body: { profile: 'prod' },
  });
  const next = await site.run(jobs.drop);
  expect(next.asked).toEqual(['asked after 0']);
  // The server drops what it keeps itself at once.
  if (!keepsObjects) expect(next.lines.join('\n')).toContain('dropped as requested');
  expect(await site.list({ job_run_id: id })).toEqual([expect.objectContaining({ state: 'dropped' })]);
});
