import type { ApiFixture, TestCaller } from './api-fixture.ts';
import type { JobRunRecord } from '../../store/records.ts';
import { defineJob } from './api-fixture.ts';

export interface SeededRun {
  workspaceId: string;
  owner: TestCaller;
  run: JobRunRecord;
  /** A data plane token of the owner. */
  token: string;
}

/** A workspace of its own with one pending run of one job. */
export async function seedRun(api: ApiFixture): Promise<SeededRun> {
  const { workspace, owner } = await api.createPlace();
  const at = { workspaceId: workspace.id, membershipId: owner.membershipId };
  await api.createPackages(at.workspaceId, at.membershipId);
  const jobs = [defineJob('jobs.m.f')];
  const deployed = await api.dependencies.services.deploy({
    ...at,
    jobs,
    deploymentModule: null,
    dryRun: false,
  });
  const { run } = await api.startRuns.createRun({
    ...at,
    jobId: deployed.jobs[0]?.job.id ?? '',
    trigger: 'manual:',
    profile: null,
    refresh: false,
    skipFreshness: false,
    mode: 'always',
  });
  const { token } = await api.credentials.issueDataplaneToken(owner.principal, workspace.id);
  return { workspaceId: workspace.id, owner, run, token };
}
