import type { ApiFixture, TestCaller } from './api-fixture.ts';
import type { JobRunRecord } from '../../store/records.ts';
import { defineJob } from './api-fixture.ts';
import { deployJobs } from './deployed-jobs.ts';

export interface SeededRun {
  organizationId: string;
  workspaceId: string;
  owner: TestCaller;
  run: JobRunRecord;
  /** A data plane token of the owner. */
  token: string;
}

/** Creates a workspace with one job and one pending run of it. */
export async function seedRun(api: ApiFixture): Promise<SeededRun> {
  const { organization, workspace, owner } = await api.createWorkspaceFixture();
  const jobs = await deployJobs(api, workspace.id, owner, [defineJob('jobs.m.f')]);
  const run = await jobs.start('jobs.m.f');
  const { token } = await api.credentials.issueDataplaneToken(owner.principal, workspace.id);
  return { organizationId: organization.id, workspaceId: workspace.id, owner, run, token };
}
