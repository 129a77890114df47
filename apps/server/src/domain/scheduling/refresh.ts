/** How a job takes part in refreshes; a job without the key is `auto`. */
export const REFRESH_PROPAGATIONS = ['auto', 'always', 'block'] as const;
export type RefreshPropagation = (typeof REFRESH_PROPAGATIONS)[number];

/** What the walks below need of a job; a JobDefinition will do. */
export interface FreshnessNode {
  job_ref: string;
  freshness?: readonly string[];
  refresh_propagation?: RefreshPropagation;
}

/**
 * Whether a started run gets the refresh signal, and the warning to show when a wish for it is ignored. Text as in
 * dlt 1.31.
 * @param jobName what the warning calls the job
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

/** Whether a job takes no part in refreshes. */
export function blocksRefresh({ refresh_propagation }: Pick<FreshnessNode, 'refresh_propagation'>): boolean {
  return refresh_propagation === 'block';
}

/** The job ref a freshness constraint (`job.is_fresh:<ref>`) names. */
export function readUpstreamRef(constraint: string): string {
  return constraint.slice(constraint.indexOf(':') + 1);
}

/** The jobs that have the job as a freshness upstream, in the order given. */
export function listDirectDownstreams(jobs: readonly FreshnessNode[], ref: string): string[] {
  return jobs
    .filter((job) => (job.freshness ?? []).some((constraint) => readUpstreamRef(constraint) === ref))
    .map((job) => job.job_ref);
}

/** All jobs downstream over freshness edges, nearest first, without the job itself. */
export function listTransitiveDownstreams(jobs: readonly FreshnessNode[], ref: string): string[] {
  return walkDownstreams(jobs, ref, () => true);
}

/**
 * The jobs a refresh of `ref` reaches: over freshness edges, nearest first. A job that blocks is neither refreshed nor
 * walked through. The policy of `ref` itself does not matter here (see resolveRefresh).
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
