import type { RunOverviewResponse } from '@pumphouse/contract';
import { describeOutcome } from '../../details/run-outcome.ts';

/** A row of the list: a run, or the head of several equal runs. */
export type RunListItem =
  | { kind: 'run'; run: RunOverviewResponse; isOfFold: boolean }
  | { kind: 'fold'; runs: readonly RunOverviewResponse[]; isOpen: boolean };

const minFolded = 3;
/** Active and completed runs differ in what they do and load; these differ only in their time. */
const foldedStates: ReadonlySet<string> = new Set(['failed', 'cancelled', 'skipped']);

/**
 * Folds three or more consecutive runs of a job with the same state and reason into one row.
 * @param open ids of runs; a row with one of them is shown with its runs
 * @param isFolding false to list all runs one by one
 */
export function foldRuns(
  runs: readonly RunOverviewResponse[],
  open: ReadonlySet<string>,
  isFolding = true,
): RunListItem[] {
  const groups: RunOverviewResponse[][] = [];
  for (const run of runs) {
    const group = groups.at(-1);
    if (group?.[0] && isRepeated(group[0], run)) group.push(run);
    else groups.push([run]);
  }
  return groups.flatMap((group): RunListItem[] => {
    const isFold = isFolding && group.length >= minFolded;
    const rows = group.map((run) => ({ kind: 'run' as const, run, isOfFold: isFold }));
    if (!isFold) return rows;
    const isOpen = group.some(({ id }) => open.has(id));
    const head = { kind: 'fold' as const, runs: group, isOpen };
    return isOpen ? [head, ...rows] : [head];
  });
}

function isRepeated(one: RunOverviewResponse, other: RunOverviewResponse): boolean {
  if (one.job_id !== other.job_id || one.status !== other.status) return false;
  return foldedStates.has(one.status) && describeReason(one) === describeReason(other);
}

function describeReason(run: RunOverviewResponse): string {
  if (run.skip !== null) return run.skip.reasons.join('; ');
  return run.status === 'failed' ? describeOutcome(run).text : '';
}
