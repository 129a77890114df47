import { type FreshnessNode, readUpstreamRef } from '../scheduling/refresh.ts';

/**
 * Orders the jobs of one trigger call: upstreams before the jobs that wait for their freshness, otherwise in
 * input order. Jobs on a cycle keep their order and come after all jobs that do not depend on them.
 */
export function orderBatch<Job extends FreshnessNode>(jobs: readonly Job[]): Job[] {
  const inBatch = new Set(jobs.map((job) => job.job_ref));
  const ordered: Job[] = [];
  const placed = new Set<string>();
  let waiting = [...jobs];
  while (waiting.length > 0) {
    const next =
      waiting.find((job) => listBatchUpstreams(job, inBatch).every((ref) => placed.has(ref))) ?? waiting[0];
    if (next === undefined) break;
    ordered.push(next);
    placed.add(next.job_ref);
    waiting = waiting.filter((job) => job !== next);
  }
  return ordered;
}

/**
 * Lists the freshness upstreams of a job that this trigger call has started or is waiting for. The job is
 * then skipped as `skipped_upstream_pending` and starts when they complete.
 * @param pendingRefs jobs of the batch that were started, or skipped for this same reason
 */
export function listPendingUpstreams(job: FreshnessNode, pendingRefs: ReadonlySet<string>): string[] {
  return listBatchUpstreams(job, pendingRefs);
}

function listBatchUpstreams(job: FreshnessNode, refs: ReadonlySet<string>): string[] {
  const upstreams = (job.freshness ?? []).map(readUpstreamRef);
  return [...new Set(upstreams)].filter((ref) => ref !== job.job_ref && refs.has(ref));
}
