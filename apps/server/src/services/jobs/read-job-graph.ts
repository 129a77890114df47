import type { JobEdge } from '../../domain/jobs/job-graph.ts';
import type { JobRecord, JobRunRecord } from '../../store/records.ts';
import type { JobVersions } from './job-versions.ts';
import type { Persistence } from '../../store/store.ts';
import type { RunState } from '@pumphouse/contract';
import { maximumGraphJobs } from '@pumphouse/contract';
import { drawJobs, jobEvent, surroundJob } from '../../domain/jobs/job-graph.ts';
import { readUpstreamRef } from '../../domain/scheduling/refresh.ts';
import { ServiceError } from '../../platform/service-error.ts';

export interface ReadGraph {
  nodes: { job: JobRecord; state: RunState | null; latestRun: JobRunRecord | null }[];
  edges: DeclaredEdge[];
  isTruncated: boolean;
}

/**
 * An edge with the declaration that creates it on the downstream job: a trigger or a freshness constraint.
 */
export type DeclaredEdge = JobEdge & { declared: string };

export type ReadJobGraph = ReturnType<typeof createReadJobGraph>;

export function createReadJobGraph(
  { store }: Persistence<'jobOverviews' | 'jobRuns' | 'jobs'>,
  jobVersions: JobVersions,
) {
  /**
   * Reads the graph of all jobs of a workspace, or the graph around one job.
   * @throws ServiceError not_found
   */
  return async function readJobGraph(workspaceId: string, jobId: string | null): Promise<ReadGraph> {
    const tied = await store.jobs.listTied(workspaceId);
    if (jobId !== null && !tied.some(({ id }) => id === jobId))
      throw new ServiceError('not_found', `There is no job ${jobId}.`);
    const graph =
      jobId === null ? drawJobs(tied, maximumGraphJobs) : surroundJob(tied, jobId, maximumGraphJobs);
    const ids = graph.jobs.map(({ id }) => id);
    const [heads, latest, states] = await Promise.all([
      store.jobs.getHeads(ids),
      store.jobRuns.latestOfJobs(ids),
      store.jobOverviews.statesOf(ids),
    ]);
    const byId = new Map((await jobVersions.complete(heads)).map((job) => [job.id, job]));
    const find = (id: string): JobRecord => {
      const job = byId.get(id);
      if (!job) throw new Error(`Job ${id} has vanished`);
      return job;
    };
    return {
      nodes: ids.map((id) => ({
        job: find(id),
        state: states.get(id) ?? null,
        latestRun: latest.get(id) ?? null,
      })),
      edges: graph.edges.map((edge) => ({ ...edge, declared: findDeclared(edge, find) })),
      isTruncated: graph.isTruncated,
    };
  };
}

function findDeclared({ fromId, toId, kind }: JobEdge, find: (id: string) => JobRecord): string {
  const { jobRef } = find(fromId);
  if (kind !== 'freshness') return jobEvent(kind, jobRef);
  const { freshness = [] } = find(toId).definition;
  return freshness.find((constraint) => readUpstreamRef(constraint) === jobRef) ?? `job.is_fresh:${jobRef}`;
}
