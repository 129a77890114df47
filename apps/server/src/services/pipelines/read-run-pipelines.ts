import type {
  AttemptPipelineRunRecord,
  PipelineResultRecord,
  RepeatedLoadRecord,
  SchemaChangesRecord,
} from '../../store/records.ts';
import type { Persistence } from '../../store/store.ts';
import { maximumPipelineRunsOfJobRun } from '@pumphouse/contract';
import { ServiceError } from '../../platform/service-error.ts';

export interface PipelineRunInRun {
  run: AttemptPipelineRunRecord;
  /** New schema versions that the run was the first to report. */
  schemaChanges: SchemaChangesRecord[];
}

export interface RunPipelines {
  pipelineRuns: PipelineRunInRun[];
  results: (PipelineResultRecord & { attemptNumber: number })[];
  repeatedLoads: RepeatedLoadRecord[];
  isCut: boolean;
}

export type ReadRunPipelines = ReturnType<typeof createReadRunPipelines>;

const maxSchemaChanges = 200;

export function createReadRunPipelines({
  store,
}: Persistence<'jobRuns' | 'pipelineChecks' | 'repeatedLoads' | 'schemaChanges' | 'telemetry'>) {
  /**
   * Reads the pipeline runs inside a job run as reported, and their sums by attempt and pipeline.
   * @throws ServiceError not_found
   */
  return async function readRunPipelines(workspaceId: string, jobRunId: string): Promise<RunPipelines> {
    if (!(await store.jobRuns.get(workspaceId, jobRunId)))
      throw new ServiceError('not_found', `There is no job run ${jobRunId}.`);
    const [found, results, repeatedLoads, { rows: changes }] = await Promise.all([
      store.telemetry.listPipelineRunsOfJobRun(jobRunId, maximumPipelineRunsOfJobRun + 1),
      store.pipelineChecks.listResultsOfJobRun(jobRunId, maximumPipelineRunsOfJobRun),
      store.repeatedLoads.listOfRun(jobRunId),
      store.schemaChanges
        .list(workspaceId, { jobRunIds: [jobRunId] })
        .read({ limit: maxSchemaChanges, offset: 0 }),
    ]);
    const runs = found.slice(0, maximumPipelineRunsOfJobRun);
    const bringers = changes.map((change) => ({ change, runId: findBringer(runs, change)?.id }));
    return {
      pipelineRuns: runs.map((run) => ({
        run,
        schemaChanges: bringers.filter(({ runId }) => runId === run.id).map(({ change }) => change),
      })),
      results,
      repeatedLoads,
      isCut: found.length > runs.length,
    };
  };
}

/**
 * Finds the first run whose packages contain the version. A schema may also be reported without a package; it
 * is then assigned to the pipeline's first run.
 */
function findBringer(
  runs: readonly AttemptPipelineRunRecord[],
  { pipelineName, versionHash }: SchemaChangesRecord,
): AttemptPipelineRunRecord | undefined {
  const own = runs.filter(({ facts: details }) => details.pipelineName === pipelineName);
  const hasIt = ({ facts: details }: AttemptPipelineRunRecord) =>
    details.loadPackages.some(({ schemaHash }) => schemaHash === versionHash);
  return own.find(hasIt) ?? own[0];
}
