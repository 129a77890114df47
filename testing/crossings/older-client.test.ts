/** What `dlt runtime` starts and shows where it meets features that it does not know. */
import type { Answer } from '@pumphouse/server/older-client/testing/use-older-client.ts';
import { beforeEach, describe, expect, it } from 'vitest';
import { defineJob } from '@pumphouse/server/api/testing/api-fixture.ts';
import {
  buildOlderArchive,
  olderCode,
  useOlderClient,
} from '@pumphouse/server/older-client/testing/use-older-client.ts';

const older = useOlderClient();
const { ask, deployModule, send, upload, uploadBoth } = older;

const load = defineJob('jobs.m.load', {
  triggers: ['schedule:0 0 * * *'],
  default_trigger: 'schedule:0 0 * * *',
});

beforeEach(async () => {
  await uploadBoth();
  await deployModule([load]);
});

const start = (payload: Answer = {}) =>
  ask('POST', 'runs', { payload: { script_id_or_name_or_secret: 'jobs.m.load', profile: null, ...payload } });
const show = (id: unknown) => ask('GET', `runs/${String(id)}`);
const scope = async () => {
  const { id: jobId } = await ask('GET', 'scripts/jobs.m.load');
  return { workspaceId: older.context.workspace.id, jobId: String(jobId) };
};
const membership = () => ({ membershipId: older.context.owner.membershipId });

describe('the older client', () => {
  it('waits on for a run between two attempts, and starts no other meanwhile', async () => {
    const retries = '[pumphouse]\nretries = { count = 1, backoff = "1h" }\n';
    await upload('configurations', { file: buildOlderArchive({ 'config.toml': retries }) });
    const { id } = await start();
    const run = await older.api.persistence.store.jobRuns.get(older.context.workspace.id, String(id));
    if (!run) throw new Error('The run was not stored');
    const attempt = await older.api.createAttempt(run);
    const failure = { code: 'exit_code', detail: 'It ended with 1.' } as const;
    await older.api.services.finishRun(run.id, { status: 'failed', failure }, { attemptId: attempt.id });
    expect(['pending', 'starting']).toContain((await show(id))['status']);
    const again = await send('POST', 'runs', { payload: { script_id_or_name_or_secret: 'jobs.m.load' } });
    expect(again.status).toBe(409);
  });

  it('shows a window of a backfill as a run of its job, with its interval', async () => {
    const backfill = await older.api.services.createBackfills.create({
      ...(await scope()),
      ...membership(),
      start: new Date('2026-03-01T00:00:00Z'),
      end: new Date('2026-03-03T00:00:00Z'),
      mode: 'missing',
      chunkTicks: 1,
      newestFirst: false,
      parallel: 1,
      profile: null,
      priority: null,
      maxFailures: null,
    });
    await older.api.services.advanceBackfills.advance(backfill.id);
    expect(await ask('GET', 'runs/latest')).toMatchObject({
      status: 'pending',
      trigger: 'schedule:0 0 * * *',
      interval_start: '2026-03-01T00:00:00.000Z',
      interval_end: '2026-03-02T00:00:00.000Z',
      script: { name: 'jobs.m.load' },
    });
  });

  it('starts a refresh', async () => {
    const { id } = await start({ refresh: true });
    const run = await older.api.persistence.store.jobRuns.get(older.context.workspace.id, String(id));
    expect(run).toMatchObject({ refresh: true });
  });

  it('shows a run that has an input, and gives none to its own', async () => {
    const started = await older.api.services.startJob({
      ...(await scope()),
      ...membership(),
      input: { day: '2026-03-01' },
      profile: null,
      refresh: false,
      isByViewer: false,
    });
    expect(await ask('GET', 'runs/latest')).toMatchObject({ id: started.run?.id });
    await older.api.setRun(started.run?.id ?? '', { status: 'completed', finishedAt: new Date() });
    const { id } = await start();
    expect(await older.api.persistence.store.jobRuns.readInput(String(id))).toBeNull();
  });

  it('finds the code of a rollback as its latest, and uploads the same files once', async () => {
    const first = await ask('GET', 'deployments/latest');
    await upload('deployments', { file: buildOlderArchive({ ...olderCode, 'new.py': '' }) });
    await older.api.services.rollBack.deployment({
      workspaceId: older.context.workspace.id,
      ...membership(),
      versionId: String(first['id']),
    });
    expect(await ask('GET', 'deployments/latest')).toMatchObject({
      version: 3,
      content_hash: first['content_hash'],
    });
    const again = await upload('deployments', { file: buildOlderArchive(olderCode) });
    expect(again.body).toMatchObject({ version: 3 });
    expect(await start()).toMatchObject({ deployment_id: again.body['id'] });
  });

  it('shows a paused job as active, and starts it', async () => {
    await older.api.services.switchJobs.pause(await scope());
    expect(await ask('GET', 'scripts/jobs.m.load')).toMatchObject({ active: true, archived: false });
    expect(await start()).toMatchObject({ status: 'pending' });
  });
});
