/** How a job takes part in refreshes; a job without the key is `auto`. */
export const REFRESH_PROPAGATIONS = ['auto', 'always', 'block'] as const;
export type RefreshPropagation = (typeof REFRESH_PROPAGATIONS)[number];

/** The fields of a job that the graph walks below read; a JobDefinition satisfies it. */
export interface FreshnessNode {
  job_ref: string;
  freshness?: readonly string[];
  refresh_propagation?: RefreshPropagation;
}

/**
 * Decides whether a started run gets the refresh signal. `warning` is set if a requested refresh is ignored,
 * in the wording of dlt 1.31.
 * @param jobName name of the job in the warning
 */
export function resolveRefresh(
  requested: boolean,
  propagation: RefreshPropagation | null | undefined,
  jobName: string,
): { refresh: boolean; warning: string | null } {
  if (propagation === 'always') return { refresh: true, warning: null };
  if (propagation !== 'block') return { refresh: requested, warning: null };
  const warning = requested ? `--refresh ignored: job '${jobName}' declares refresh_propagation=block` : null;
  return { refresh: false, warning };
}

/** Reports whether a job blocks refreshes. */
export function blocksRefresh({ refresh_propagation }: Pick<FreshnessNode, 'refresh_propagation'>): boolean {
  return refresh_propagation === 'block';
}

/** Returns the job ref that a freshness constraint (`job.is_fresh:<ref>`) names. */
export function readUpstreamRef(constraint: string): string {
  return constraint.slice(constraint.indexOf(':') + 1);
}

/** Lists the jobs that have `ref` as a freshness upstream, in input order. */
export function listDirectDownstreams(jobs: readonly FreshnessNode[], ref: string): string[] {
  return jobs
    .filter((job) => (job.freshness ?? []).some((constraint) => readUpstreamRef(constraint) === ref))
    .map((job) => job.job_ref);
}

/** Lists all jobs downstream over freshness edges, nearest first, without the job itself. */
export function listTransitiveDownstreams(jobs: readonly FreshnessNode[], ref: string): string[] {
  return walkDownstreams(jobs, ref, () => true);
}

/**
 * Lists the jobs that a refresh of `ref` reaches over freshness edges, nearest first. A job that blocks
 * refreshes is neither refreshed nor traversed. The policy of `ref` itself does not matter here (see
 * resolveRefresh).
 */
export function listRefreshCascade(jobs: readonly FreshnessNode[], ref: string): string[] {
  const blocked = new Set(jobs.filter(blocksRefresh).map((job) => job.job_ref));
  return walkDownstreams(jobs, ref, (downstream) => !blocked.has(downstream));
}

function walkDownstreams(
  jobs: readonly FreshnessNode[],
  ref: string,
  enters: (downstream: string) => boolean,
): string[] {
  const seen = new Set([ref]);
  const queue = [ref];
  for (const current of queue) {
    for (const downstream of listDirectDownstreams(jobs, current)) {
      if (seen.has(downstream) || !enters(downstream)) continue;
      seen.add(downstream);
      queue.push(downstream);
    }
  }
  return queue.slice(1);
}
