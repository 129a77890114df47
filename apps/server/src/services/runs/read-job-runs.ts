import type {
  DownstreamRun,
  JobRecord,
  JobRunFilter,
  JobRunRecord,
  JobRunSortKey,
  JobVersionRecord,
  PipelineRunHeadRecord,
} from '../../store/records.ts';
import type { JobInputUse } from '@pumphouse/contract';
import type { Page, PageRequest } from '../paging/read-page.ts';
import type { Persistence } from '../../store/store.ts';
import type { JobVersions } from '../jobs/job-versions.ts';
import { bindsInput } from '../../domain/runs/run-input.ts';
import { chooseInputUse } from '../../domain/inputs/job-inputs.ts';
import { createPageReader } from '../paging/read-page.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** A job run with its job, the job version that it runs, and its telemetry. */
export interface DetailedJobRun {
  run: JobRunRecord;
  job: JobRecord;
  version: JobVersionRecord;
  pipelineRuns: PipelineRunHeadRecord[];
  /** Null if not requested. */
  downstreamRuns: DownstreamRun[] | null;
}

export interface DownstreamOptions {
  /** Null omits the downstream runs. */
  limit: number | null;
  category: string | null;
}

export type ReadJobRuns = ReturnType<typeof createReadJobRuns>;

const withoutDownstream: DownstreamOptions = { limit: null, category: null };

export function createReadJobRuns(
  { store }: Persistence<'jobRuns' | 'jobs' | 'telemetry'>,
  jobVersions: JobVersions,
) {
  const readPage = createPageReader();

  async function getJobs(jobIds: Iterable<string>): Promise<Map<string, JobRecord>> {
    const jobs = await jobVersions.complete(await store.jobs.getHeads([...new Set(jobIds)]));
    return new Map(jobs.map((job) => [job.id, job]));
  }

  async function describe(
    runs: readonly JobRunRecord[],
    { limit, category }: DownstreamOptions,
    readPipelineRuns = store.telemetry.listOfJobRuns,
  ): Promise<DetailedJobRun[]> {
    const ids = runs.map((run) => run.id);
    const [jobs, versions, pipelineRuns, downstream] = await Promise.all([
      getJobs(runs.map((run) => run.jobId)),
      jobVersions.getMany(runs.map((run) => run.jobVersionId)),
      readPipelineRuns(ids),
      limit === null ? null : store.jobRuns.downstreamOf(ids, { limit, category }),
    ]);
    const pipelineRunsOf = Map.groupBy(pipelineRuns, (run) => run.jobRunId);
    const downstreamOf = downstream && Map.groupBy(downstream, (run) => run.previousJobRunId);
    return runs.map((run) => {
      const job = jobs.get(run.jobId);
      const version = versions.get(run.jobVersionId);
      if (!job || !version) throw new Error(`Run ${run.id} has lost its job or version`);
      const downstreamRuns = downstreamOf && (downstreamOf.get(run.id) ?? []);
      return { run, job, version, pipelineRuns: pipelineRunsOf.get(run.id) ?? [], downstreamRuns };
    });
  }

  /**
   * Completes a run that the caller has read.
   * @param options.isNew it was created just now, so it has loaded nothing
   */
  async function describeOne(run: JobRunRecord, { isNew = false } = {}): Promise<DetailedJobRun> {
    const noPipelineRuns = isNew ? async () => [] : undefined;
    const [detailed] = await describe([run], withoutDownstream, noPipelineRuns);
    if (!detailed) throw new Error(`Run ${run.id} was not described`);
    return detailed;
  }

  return {
    async list(
      workspaceId: string,
      filter: JobRunFilter,
      page: PageRequest<JobRunSortKey>,
      downstream: DownstreamOptions,
    ): Promise<Page<DetailedJobRun>> {
      const runs = await readPage(page, await store.jobRuns.list(workspaceId, filter));
      return { ...runs, items: await describe(runs.items, downstream) };
    },

    async get(workspaceId: string, jobRunId: string): Promise<DetailedJobRun> {
      const run = await store.jobRuns.get(workspaceId, jobRunId);
      if (!run) throw new ServiceError('not_found', `There is no job run ${jobRunId}.`);
      return describeOne(run);
    },

    describeOne,

    /**
     * Returns the JSON text of the run's input, and what its members became; nulls if it has none.
     * @throws ServiceError not_found
     */
    async getInput(
      workspaceId: string,
      jobRunId: string,
    ): Promise<{ input: string | null; usedAs: JobInputUse | null }> {
      const run = await store.jobRuns.get(workspaceId, jobRunId);
      if (!run) throw new ServiceError('not_found', `There is no job run ${jobRunId}.`);
      const input = await store.jobRuns.readInput(run.id);
      if (input === null) return { input, usedAs: null };
      const { definition } = await jobVersions.get(run.jobVersionId);
      return { input, usedAs: bindsInput(run, input) ? chooseInputUse(definition) : 'context' };
    },

    /**
     * Previews a cancellation without cancelling anything; undefined for ids that are not runs of the
     * workspace.
     */
    findMany: (workspaceId: string, jobRunIds: readonly string[]): Promise<(JobRunRecord | undefined)[]> =>
      Promise.all(jobRunIds.map((jobRunId) => store.jobRuns.get(workspaceId, jobRunId))),

    /** Returns the job refs of runs, by job id. */
    async refsOf(runs: readonly JobRunRecord[]): Promise<Map<string, string>> {
      const jobs = await store.jobs.getMany([...new Set(runs.map((run) => run.jobId))]);
      return new Map(jobs.map((job) => [job.id, job.jobRef]));
    },
  };
}
