/** Features that meet between the attempts of a run, and in what an attempt gets: retries, rollbacks, inputs, secrets, holds. */
import type { JobRunRecord } from '@pumphouse/server/store/records.ts';
import type { RunSteps } from './run-steps.ts';
import type { ServiceFixture } from '@pumphouse/server/services/testing/service-fixture.ts';
import type { WorkspaceFixture } from '@pumphouse/server/services/testing/workspace-fixture.ts';
import { beforeEach, describe, expect, it } from 'vitest';
import { daily, failed, retries, useRuns } from './run-steps.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;
let steps: RunSteps;

useRuns((opened) => ({ fixture, context, steps } = opened));

describe('a run between two attempts', () => {
  beforeEach(() => steps.deploy(retries));

  it('keeps its input, and its code and configuration when both are rolled back', async () => {
    const older = await fixture.store.deployments.latest(context.workspaceId);
    const olderSettings = await fixture.store.configurations.latest(context.workspaceId);
    const newer = await steps.uploadCode('x = 2');
    await context.uploadConfiguration({ 'config.toml': `${retries}# newer\n` });
    const run = await steps.start({ day: '2026-11-29' });
    const first = await steps.failFirst(run);
    await steps.rollBack('deployment', older ?? { id: '' });
    await steps.rollBack('configuration', olderSettings ?? { id: '' });
    const second = await steps.begin(run);
    expect(second.entryPoint).toEqual(first.entryPoint);
    expect(second.entryPoint).toMatchObject({ pumphouse_inputs: { day: '2026-11-29' } });
    expect([second.code_sha256, second.configuration_sha256]).toEqual([
      newer.archiveSha256,
      first.configuration_sha256,
    ]);
    expect((await steps.begin(await context.startRun('jobs.a'))).code_sha256).toBe(older?.archiveSha256);
  });

  it('has the secrets masked that its next attempt gets', async () => {
    const set = (value: string) =>
      context.updateVariables({
        profile: null,
        deletes: [],
        upserts: [{ name: 'TOKEN', type: 'secret', value }],
      });
    await set('swordfish-1');
    const run = await context.startRun('jobs.a');
    expect((await steps.failFirst(run)).masked_values).toContain('swordfish-1');
    await set('swordfish-2');
    const { masked_values: masked, variables } = await steps.begin(run);
    expect(variables).toMatchObject({ TOKEN: 'swordfish-2' });
    expect(masked).toContain('swordfish-2');
  });

  it('has given its pipeline to the next run, and gets it after that one', async () => {
    const ask = (attemptId: string) =>
      fixture.holdPipelines.ask(attemptId, { pipeline: 'shop', dataset: null });
    const run = await context.startRun('jobs.a');
    const first = await steps.begin(run);
    const other = await steps.begin(await context.startRun('jobs.a'));
    expect(await ask(first.attemptId)).toEqual({ state: 'held' });
    expect(await ask(other.attemptId)).toMatchObject({ state: 'waiting' });
    await fixture.finishRun(run.id, failed, { attemptId: first.attemptId });
    expect(await ask(other.attemptId)).toEqual({ state: 'held' });
    const second = await steps.begin(run);
    expect(await ask(second.attemptId)).toMatchObject({ state: 'waiting' });
  });

  it('is cancelled when its job is archived', async () => {
    const run = await context.startRun('jobs.a');
    await steps.failFirst(run);
    await fixture.switchJobs.archive(await steps.scopeOf());
    expect(await context.getRun(run.id)).toMatchObject({ status: 'cancelled' });
  });

  it('is retried although its job was paused', async () => {
    await steps.deploy(retries, daily);
    const run = await context.startRun('jobs.a');
    await steps.failFirst(run);
    await fixture.switchJobs.pause(await steps.scopeOf());
    await steps.begin(run);
    expect(await context.getRun(run.id)).toMatchObject({ status: 'running' });
  });
});

describe('pending packages', () => {
  beforeEach(() => steps.deploy('', daily));

  async function startFinishing(): Promise<JobRunRecord> {
    const { membershipId } = context;
    const asked = { profile: 'prod', membershipId, pipelineNames: ['shop'], extractedBy: null };
    return fixture.startRuns.startFinishing({ ...(await steps.scopeOf()), ...asked });
  }

  it('of a paused job are finished on request', async () => {
    await fixture.switchJobs.pause(await steps.scopeOf());
    expect(await startFinishing()).toMatchObject({ status: 'pending', refresh: false });
  });

  it('of an archived job are finished on request once it is restored', async () => {
    await fixture.switchJobs.archive(await steps.scopeOf());
    await expect(startFinishing()).rejects.toMatchObject({ code: 'job_archived' });
    await fixture.switchJobs.unarchive(await steps.scopeOf());
    expect(await startFinishing()).toMatchObject({ status: 'pending' });
  });
});

describe('a started run of an archived job', () => {
  it('keeps its place in the order of a pipeline, and gets it', async () => {
    await steps.deploy();
    const question = { pipeline: 'shop', dataset: null };
    const holder = await context.startRun('jobs.a');
    const { attemptId: first } = await steps.begin(holder);
    const { attemptId: second } = await steps.begin(await context.startRun('jobs.a'));
    await fixture.holdPipelines.ask(first, question);
    expect(await fixture.holdPipelines.ask(second, question)).toMatchObject({ state: 'waiting' });
    await fixture.switchJobs.archive(await steps.scopeOf());
    expect(await fixture.holdPipelines.ask(second, question)).toMatchObject({ state: 'waiting' });
    await steps.recordExit(first, 0);
    expect(await fixture.holdPipelines.ask(second, question)).toEqual({ state: 'held' });
  });
});

describe('a rollback', () => {
  it('leaves a job paused, whose starts by a member have their input and the older code', async () => {
    await steps.deploy('', daily);
    const older = await fixture.store.deployments.latest(context.workspaceId);
    await steps.uploadCode('x = 2');
    await fixture.switchJobs.pause(await steps.scopeOf());
    await steps.rollBack('deployment', older ?? { id: '' });
    expect(await context.getJob('jobs.a')).toMatchObject({ isPaused: true });
    const { code_sha256: code, entryPoint } = await steps.begin(await steps.start({ day: '2026-03-01' }));
    expect(code).toBe(older?.archiveSha256);
    expect(entryPoint).toMatchObject({ pumphouse_inputs: { day: '2026-03-01' } });
  });

  it('masks the secrets of the configuration that it brings back', async () => {
    await steps.deploy();
    const secrets = (token: string) => ({
      'config.toml': '',
      'secrets.toml': `[sources.crm]\ntoken = "${token}"\n`,
    });
    await context.uploadConfiguration(secrets('swordfish-1'));
    const older = await fixture.store.configurations.latest(context.workspaceId);
    await context.uploadConfiguration(secrets('swordfish-2'));
    await steps.rollBack('configuration', older ?? { id: '' });
    const { masked_values: masked } = await steps.begin(await context.startRun('jobs.a'));
    expect(masked).toContain('swordfish-1');
    expect(masked).not.toContain('swordfish-2');
  });

  it('brings back the setting that keeps writers of a pipeline apart', async () => {
    await steps.deploy();
    const strict = await fixture.store.configurations.latest(context.workspaceId);
    await context.uploadConfiguration({ 'config.toml': '[pumphouse]\nexclusive = "off"\n' });
    const ask = async () => (await steps.begin(await context.startRun('jobs.a'))).pipelines?.exclusive;
    expect(await ask()).toBeUndefined();
    await steps.rollBack('configuration', strict ?? { id: '' });
    expect(await ask()).toBe('pipeline');
  });
});
