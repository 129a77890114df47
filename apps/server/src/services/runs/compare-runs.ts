import type { AttemptRecord, JobRunRecord, JobVersionRecord } from '../../store/records.ts';
import type { DefinitionChange } from '../../domain/jobs/compare-definitions.ts';
import type { JobVersions } from '../jobs/job-versions.ts';
import type { Persistence } from '../../store/store.ts';
import type { PipelineComparison, TableComparison } from '../../domain/runs/compare-pipeline-runs.ts';
import type { PipelineRunDetails } from '../../telemetry/pipeline-run-details.ts';
import { compareDefinitions } from '../../domain/jobs/compare-definitions.ts';
import { comparePipelineRuns } from '../../domain/runs/compare-pipeline-runs.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** The run to compare, and its base; if `baseId` is null, the last completed run before it. */
export interface RunPair {
  workspaceId: string;
  targetId: string;
  baseId: string | null;
}

/** A run with its attempts and versions. */
export interface ComparedRun {
  run: JobRunRecord;
  attempts: AttemptRecord[];
  jobVersion: JobVersionRecord;
  deploymentVersion: number;
  configurationVersion: number;
}

export interface RunComparison {
  base: ComparedRun | null;
  target: ComparedRun;
  definitionChanges: DefinitionChange[];
  pipelines: PipelineComparison[];
  tables: TableComparison[];
  /** What both runs reported, oldest first. */
  pipelineRuns: { before: PipelineRunDetails[]; after: PipelineRunDetails[] };
  /** A run reported more than is compared, or there are more tables than are returned. */
  isTruncated: boolean;
}

export type CompareRuns = ReturnType<typeof createCompareRuns>;

/** Limits the comparison, because a run may report any number. */
const most = { pipelineRuns: 200, tables: 5000 };

export function createCompareRuns(
  persistence: Persistence<'attempts' | 'configurations' | 'deployments' | 'jobRuns' | 'telemetry'>,
  jobVersions: JobVersions,
) {
  const { store } = persistence;
  const findPair = createFindRunPair(persistence);

  async function describe(run: JobRunRecord): Promise<ComparedRun> {
    const [attempts, versions, deployment, configuration] = await Promise.all([
      store.attempts.listOfRun(run.id),
      jobVersions.getMany([run.jobVersionId]),
      store.deployments.get(run.workspaceId, run.deploymentId),
      store.configurations.get(run.workspaceId, run.configurationId),
    ]);
    const jobVersion = versions.get(run.jobVersionId);
    if (!jobVersion || !deployment || !configuration)
      throw new Error(`Run ${run.id} has no code or configuration`);
    return {
      run,
      attempts,
      jobVersion,
      deploymentVersion: deployment.version,
      configurationVersion: configuration.version,
    };
  }

  async function readDetails(run: JobRunRecord | null): Promise<PipelineRunDetails[]> {
    if (!run) return [];
    const rows = await store.telemetry.listDetailsOfJobRun(run.id, most.pipelineRuns + 1);
    return rows.map(({ facts: details }) => details);
  }

  /**
   * Compares a run with another one of the same job.
   * @throws ServiceError not_found, invalid_request: the base is a run of another job
   */
  return async function compareRuns(pair: RunPair): Promise<RunComparison> {
    const { base, target } = await findPair(pair);
    const [described, describedBase, after, before] = await Promise.all([
      describe(target),
      base && describe(base),
      readDetails(target),
      readDetails(base),
    ]);
    const pipelineRuns = {
      before: before.slice(0, most.pipelineRuns),
      after: after.slice(0, most.pipelineRuns),
    };
    const { pipelines, tables } = comparePipelineRuns(pipelineRuns.before, pipelineRuns.after);
    return {
      base: describedBase,
      target: described,
      definitionChanges: describedBase
        ? compareDefinitions(describedBase.jobVersion.definition, described.jobVersion.definition)
        : [],
      pipelines,
      tables: tables.slice(0, most.tables),
      pipelineRuns,
      isTruncated: Math.max(before.length, after.length) > most.pipelineRuns || tables.length > most.tables,
    };
  };
}

/** Finds the two runs of a comparison. */
export function createFindRunPair({ store }: Persistence<'jobRuns'>) {
  async function get(workspaceId: string, jobRunId: string): Promise<JobRunRecord> {
    const run = await store.jobRuns.get(workspaceId, jobRunId);
    if (!run) throw new ServiceError('not_found', `There is no job run ${jobRunId}.`);
    return run;
  }

  /** @throws ServiceError not_found, invalid_request */
  return async function findRunPair({ workspaceId, targetId, baseId }: RunPair) {
    const target = await get(workspaceId, targetId);
    if (baseId === null) {
      const last = await store.jobRuns.lastCompletedBefore(target.jobId, target.number);
      return { base: last ?? null, target };
    }
    const base = await get(workspaceId, baseId);
    if (base.jobId === target.jobId) return { base, target };
    const message = 'must be a run of the same job';
    throw new ServiceError('invalid_request', `The query is not valid: base_id: ${message}.`, [
      { key: 'base_id', message },
    ]);
  };
}
