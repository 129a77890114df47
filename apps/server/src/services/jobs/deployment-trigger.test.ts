import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { ServicePlace } from '../testing/service-place.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createPlace, defineJob, embeddedRequirements, plainRequirements } from '../testing/service-place.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';

let fixture: ServiceFixture;
let place: ServicePlace;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  place = await createPlace(fixture);
});

const waiting = defineJob('jobs.m.migrate', { triggers: ['deployment:'], execute: { concurrency: null } });
const other = defineJob('jobs.m.other');

const countRuns = async (ref = 'jobs.m.migrate') => (await place.listRuns(ref)).length;

describe('the deployment: trigger', () => {
  it('fires at the first deploy, for the jobs that wait for it', async () => {
    await place.deployAll([
      waiting,
      defineJob('jobs.m.noted', { triggers: ['deployment:x', 'every:5m'] }),
      other,
    ]);
    const [run] = await place.listRuns('jobs.m.migrate');
    const deployment = await fixture.store.deployments.latest(place.workspaceId);
    expect(run).toMatchObject({
      status: 'pending',
      trigger: 'deployment:',
      triggerKind: 'deployment',
      triggeredBy: null,
      previousJobRunId: null,
      deploymentId: deployment?.id,
    });
    expect(await place.listEvents(run?.id ?? '')).toEqual(['job_run.created']);
    expect((await place.listRuns('jobs.m.noted'))[0]?.trigger).toBe('deployment:x');
    expect(await countRuns('jobs.m.other')).toBe(0);
  });

  it('does not fire when only jobs or the configuration have changed', async () => {
    await place.deployAll([waiting]);
    await place.deployJobs([waiting]);
    await place.deployJobs([{ ...waiting, description: 'another' }, other]);
    await place.uploadConfiguration({ 'config.toml': 'a = 1' });
    await place.deployJobs([waiting]);
    expect(await countRuns()).toBe(1);
  });

  it('fires once for each new code version, and waits for its deploy', async () => {
    await place.deployAll([waiting]);
    await place.uploadDeployment(embeddedRequirements);
    await place.uploadDeployment(plainRequirements);
    expect(await countRuns()).toBe(1);
    await place.deployJobs([waiting]);
    await place.deployJobs([waiting]);
    expect(await countRuns()).toBe(2);
  });

  it('fires at the deploy after a rollback', async () => {
    await place.deployAll([waiting]);
    const first = await fixture.store.deployments.latest(place.workspaceId);
    await place.uploadDeployment(embeddedRequirements);
    await place.deployJobs([waiting]);
    await fixture.rollBack.deployment({ ...place, versionId: first?.id ?? '' });
    expect(await countRuns()).toBe(2);
    await place.deployJobs([waiting]);
    expect(await countRuns()).toBe(3);
  });

  it('does not fire in a dry run', async () => {
    await place.uploadDeployment();
    await place.uploadConfiguration();
    await place.deployJobs([waiting]);
    await place.uploadDeployment(embeddedRequirements);
    await place.deployJobs([waiting], { dryRun: true });
    expect(await countRuns()).toBe(1);
    await place.deployJobs([waiting]);
    expect(await countRuns()).toBe(2);
  });

  it('waits for a configuration, because nothing can start without one', async () => {
    await place.uploadDeployment();
    await place.deployJobs([waiting]);
    expect(await countRuns()).toBe(0);
    await place.uploadConfiguration();
    await place.deployJobs([waiting]);
    expect(await countRuns()).toBe(1);
  });

  it('does not fire for jobs that the deploy archives, and is rolled back with a failed deploy', async () => {
    await place.deployAll([]);
    await place.deployJobs([waiting], { deploymentModule: '__deployment__' });
    await place.uploadDeployment(embeddedRequirements);
    await expect(place.deployJobs([{ ...waiting, triggers: ['nonsense'] }])).rejects.toThrow('nonsense');
    expect(await countRuns()).toBe(0);
    await place.deployJobs([other], { deploymentModule: '__deployment__' });
    expect(await countRuns()).toBe(0);
  });

  it('fires once for concurrent deploys', async () => {
    await place.uploadDeployment();
    await place.uploadConfiguration();
    await Promise.all(Array.from({ length: 4 }, () => place.deployJobs([waiting])));
    expect(await countRuns()).toBe(1);
  });

  it('records a skipped run with its reason at capacity', async () => {
    const single = { ...waiting, execute: {} };
    await place.deployAll([single]);
    await place.uploadDeployment(embeddedRequirements);
    await place.deployJobs([single]);
    expect(
      (await place.listRuns('jobs.m.migrate')).map(({ status, skip }) => [status, skip?.status]),
    ).toEqual([
      ['pending', undefined],
      ['skipped', 'skipped_concurrency_limit'],
    ]);
  });
});
