import { z } from 'zod';
import { jobResponse, jobVersionResponse } from './jobs.ts';
import { namedEnum, requestObject, responseObject } from '../primitives.ts';
import { bulkItemFailure } from '../versions/receipts.ts';

export const jobDeployOutcome = namedEnum('JobDeployOutcome', [
  'archived',
  'created',
  'unchanged',
  'updated',
]);
export type JobDeployOutcome = z.output<typeof jobDeployOutcome>;

export const deployedJob = responseObject('DeployedJob', {
  job: jobResponse,
  outcome: jobDeployOutcome,
  previous_version: jobVersionResponse.nullish(),
});
export type DeployedJob = z.output<typeof deployedJob>;

export const jobsDeployReceipt = responseObject('JobsDeployReceipt', {
  failed: z.array(bulkItemFailure),
  skipped: z.array(deployedJob),
  succeeded: z.array(deployedJob),
});
export type JobsDeployReceipt = z.output<typeof jobsDeployReceipt>;

export const deployWorkspaceRequest = requestObject('DeployWorkspaceRequest', {
  job_definition_engine_version: z.int(),
  job_definition_hash: z.string(),
  /** Free-form here; the deploy checks each against `jobDefinition` and stores it unchanged. */
  jobs: z.array(z.record(z.string(), z.unknown())),
  deployment_module: z.string().nullish(),
  description: z.string().nullish(),
  dry_run: z.boolean().default(false),
});
export type DeployWorkspaceRequest = z.output<typeof deployWorkspaceRequest>;

export const deployWorkspaceResponse = responseObject('DeployWorkspaceResponse', {
  job_receipt: jobsDeployReceipt,
  warnings: z.array(z.string()),
  deployment_module: z.string().nullish(),
});
export type DeployWorkspaceResponse = z.output<typeof deployWorkspaceResponse>;
