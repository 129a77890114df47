import type { ApiFixture, TestCaller } from './api-fixture.ts';
import type { JobDefinition } from '../../domain/jobs/job-definition.ts';
import type { JobRunRecord } from '../../store/records.ts';
import type { JsonOperationId, RouteResponse } from '@pumphouse/contract';
import { defineJob } from './api-fixture.ts';
import { readAnswer } from './check-answer.ts';

/** Jobs of a workspace, by ref. */
export interface DeployedJobs {
  idOf: (jobRef: string) => string;
  /** Starts a job manually, whatever its schedule has covered. */
  start: (jobRef: string) => Promise<JobRunRecord>;
}

/** Deploys jobs as the first deployment of a workspace. */
export async function deployJobs(
  api: ApiFixture,
  workspaceId: string,
  { membershipId }: TestCaller,
  jobs: JobDefinition[],
): Promise<DeployedJobs> {
  const at = { workspaceId, membershipId };
  await api.createPackages(workspaceId, membershipId);
  const deployed = await api.dependencies.services.deploy({
    ...at,
    jobs,
    deploymentModule: null,
    dryRun: false,
  });
  const idOf = (jobRef: string) => deployed.jobs.find(({ job }) => job.jobRef === jobRef)?.job.id ?? '';
  return {
    idOf,
    start: (jobRef) => startByHand(api, { ...at, jobId: idOf(jobRef) }),
  };
}

/** Starts a job manually, whatever its schedule has covered. */
export async function startByHand(
  { startRuns }: Pick<ApiFixture, 'startRuns'>,
  target: { workspaceId: string; membershipId: string; jobId: string },
): Promise<JobRunRecord> {
  const { run } = await startRuns.createRun({
    ...target,
    trigger: 'manual:',
    profile: null,
    refresh: false,
    skipFreshness: false,
    mode: 'always',
  });
  return run;
}

/** An app whose trigger names its start page. */
export function defineApp(jobRef: string): JobDefinition {
  const job = defineJob(jobRef);
  return {
    ...job,
    entry_point: { ...job.entry_point, job_type: 'interactive' },
    triggers: ['http:/start'],
  };
}

/** @returns a function that sends GET requests below a workspace as the caller */
export function createReader(api: ApiFixture, workspaceId: string, { key }: TestCaller) {
  return async <Id extends JsonOperationId>(operationId: Id, path: string): Promise<RouteResponse<Id>> => {
    const url = `/pumphouse/v1/workspaces/${workspaceId}/${path}`;
    return readAnswer(
      operationId,
      await api.app.inject({ url, headers: { authorization: `Bearer ${key}` } }),
    );
  };
}
