import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  createWorkspaceFixture,
  defineJob,
  embeddedRequirements,
  plainRequirements,
} from '../testing/workspace-fixture.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  context = await createWorkspaceFixture(fixture);
});

const waiting = defineJob('jobs.m.migrate', { triggers: ['deployment:'], execute: { concurrency: null } });
const other = defineJob('jobs.m.other');

const countRuns = async (ref = 'jobs.m.migrate') => (await context.listRuns(ref)).length;

describe('the deployment: trigger', () => {
  it('fires at the first deploy, for the jobs that wait for it', async () => {
    await context.deployAll([
      waiting,
      defineJob('jobs.m.noted', { triggers: ['deployment:x', 'every:5m'] }),
      other,
    ]);
    const [run] = await context.listRuns('jobs.m.migrate');
    const deployment = await fixture.store.deployments.latest(context.workspaceId);
    expect(run).toMatchObject({
      status: 'pending',
      trigger: 'deployment:',
      triggerKind: 'deployment',
      triggeredBy: null,
      previousJobRunId: null,
      deploymentId: deployment?.id,
    });
    expect(await context.listEvents(run?.id ?? '')).toEqual(['job_run.created']);
    expect((await context.listRuns('jobs.m.noted'))[0]?.trigger).toBe('deployment:x');
    expect(await countRuns('jobs.m.other')).toBe(0);
  });

  it('does not fire when only jobs or the configuration have changed', async () => {
    await context.deployAll([waiting]);
    await context.deployJobs([waiting]);
    await context.deployJobs([{ ...waiting, description: 'another' }, other]);
    await context.uploadConfiguration({ 'config.toml': 'a = 1' });
    await context.deployJobs([waiting]);
    expect(await countRuns()).toBe(1);
  });

  it('fires once for each new code version, and waits for its deploy', async () => {
    await context.deployAll([waiting]);
    await context.uploadDeployment(embeddedRequirements);
    await context.uploadDeployment(plainRequirements);
    expect(await countRuns()).toBe(1);
    await context.deployJobs([waiting]);
    await context.deployJobs([waiting]);
    expect(await countRuns()).toBe(2);
  });

  it('fires at the deploy after a rollback', async () => {
    await context.deployAll([waiting]);
    const first = await fixture.store.deployments.latest(context.workspaceId);
    await context.uploadDeployment(embeddedRequirements);
    await context.deployJobs([waiting]);
    await fixture.rollBack.deployment({ ...context, versionId: first?.id ?? '' });
    expect(await countRuns()).toBe(2);
    await context.deployJobs([waiting]);
    expect(await countRuns()).toBe(3);
  });

  it('does not fire in a dry run', async () => {
    await context.uploadDeployment();
    await context.uploadConfiguration();
    await context.deployJobs([waiting]);
    await context.uploadDeployment(embeddedRequirements);
    await context.deployJobs([waiting], { dryRun: true });
    expect(await countRuns()).toBe(1);
    await context.deployJobs([waiting]);
    expect(await countRuns()).toBe(2);
  });

  it('waits for a configuration, because nothing can start without one', async () => {
    await context.uploadDeployment();
    await context.deployJobs([waiting]);
    expect(await countRuns()).toBe(0);
    await context.uploadConfiguration();
    await context.deployJobs([waiting]);
    expect(await countRuns()).toBe(1);
  });

  it('does not fire for jobs that the deploy archives, and is rolled back with a failed deploy', async () => {
    await context.deployAll([]);
    await context.deployJobs([waiting], { deploymentModule: '__deployment__' });
    await context.uploadDeployment(embeddedRequirements);
    await expect(context.deployJobs([{ ...waiting, triggers: ['nonsense'] }])).rejects.toThrow('nonsense');
    expect(await countRuns()).toBe(0);
    await context.deployJobs([other], { deploymentModule: '__deployment__' });
    expect(await countRuns()).toBe(0);
  });

  it('fires once for concurrent deploys', async () => {
    await context.uploadDeployment();
    await context.uploadConfiguration();
    await Promise.all(Array.from({ length: 4 }, () => context.deployJobs([waiting])));
    expect(await countRuns()).toBe(1);
  });

  it('records a skipped run with its reason at capacity', async () => {
    const single = { ...waiting, execute: {} };
    await context.deployAll([single]);
    await context.uploadDeployment(embeddedRequirements);
    await context.deployJobs([single]);
    expect(
      (await context.listRuns('jobs.m.migrate')).map(({ status, skip }) => [status, skip?.status]),
    ).toEqual([
      ['pending', undefined],
      ['skipped', 'skipped_concurrency_limit'],
    ]);
  });
});
