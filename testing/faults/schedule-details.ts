import { isTerminalRunState, type RunState } from '@pumphouse/contract';

/** Stored data of a run, or a rejected start, from the clock, an event or freshness. */
export interface StoredRun {
  id: string;
  jobRef: string;
  number: number;
  trigger: string;
  tickAt: Date | null;
  status: RunState;
  failure: { code: string; detail: string } | null;
  intervalStart: Date | null;
  intervalEnd: Date | null;
  previousJobRunId: string | null;
}

export interface ScheduleInput {
  runs: readonly StoredRun[];
  /** Run ids, one for each start of user code. */
  starts: readonly string[];
  /** Jobs that a clock starts. */
  clockJobs: readonly string[];
  chains: readonly { ref: string; after: string }[];
}

/**
 * Describes what is wrong with a workspace in which nothing runs any more. There must be no problem, whatever
 * happened to its servers: each tick has at most one run, the windows of completed runs are contiguous, and
 * each run has completed, started its user code once and its downstream run once.
 */
export function findScheduleProblems({ runs, starts, clockJobs, chains }: ScheduleInput): string[] {
  const problems: string[] = [];
  const startCounts = Map.groupBy(starts, (id) => id);
  for (const run of runs) {
    const name = `${run.jobRef} ${run.number}`;
    if (!isTerminalRunState(run.status)) problems.push(`${name} is still ${run.status}`);
    else if (run.status !== 'completed' && run.status !== 'skipped')
      problems.push(`${name} is ${run.status}: ${run.failure?.code ?? ''} ${run.failure?.detail ?? ''}`);
    const count = startCounts.get(run.id)?.length ?? 0;
    if (count !== (run.status === 'completed' ? 1 : 0)) problems.push(`${name} was started ${count} times`);
  }
  const known = new Set(runs.map((run) => run.id));
  for (const id of startCounts.keys()) if (!known.has(id)) problems.push(`${id} was started and has no row`);
  for (const [jobRef, own] of Map.groupBy(runs, (run) => run.jobRef)) {
    problems.push(...findTwins(own), ...findMissingNumbers(own));
    if (clockJobs.includes(jobRef)) problems.push(...findBrokenWindows(own));
  }
  for (const chain of chains) problems.push(...findBrokenChain(runs, chain));
  return problems;
}

function findTwins(runs: readonly StoredRun[]): string[] {
  const ofTicks = runs.filter((run) => run.tickAt !== null);
  const groups = Map.groupBy(ofTicks, ({ trigger, tickAt }) => `${trigger} at ${tickAt?.toISOString()}`);
  return [...groups].filter(([, of]) => of.length > 1).map(([tick, of]) => `${tick} has ${of.length} rows`);
}

/** Numbers are assigned in the transaction that creates the row. */
function findMissingNumbers(runs: readonly StoredRun[]): string[] {
  const numbers = runs.map((run) => run.number).toSorted((left, right) => left - right);
  const isWhole = numbers.every((number, index) => number === index + 1);
  return isWhole ? [] : [`${runs[0]?.jobRef} has the numbers ${numbers.join(', ')}`];
}

function findBrokenWindows(runs: readonly StoredRun[]): string[] {
  const problems: string[] = [];
  const completed = runs
    .filter((run) => run.status === 'completed')
    .toSorted((left, right) => left.number - right.number);
  let end: Date | null = null;
  for (const { jobRef, number, intervalStart, intervalEnd } of completed) {
    const window = `${intervalStart?.toISOString()} - ${intervalEnd?.toISOString()}`;
    if (!intervalStart || !intervalEnd || intervalEnd <= intervalStart)
      problems.push(`${jobRef} ${number} covers nothing: ${window}`);
    else if (end !== null && intervalStart.getTime() !== end.getTime())
      problems.push(`${jobRef} ${number} covers ${window}, after ${end.toISOString()}`);
    end = intervalEnd;
  }
  return problems;
}

function findBrokenChain(
  runs: readonly StoredRun[],
  { ref, after }: { ref: string; after: string },
): string[] {
  const followers = Map.groupBy(
    runs.filter((run) => run.jobRef === ref),
    (run) => run.previousJobRunId,
  );
  return runs
    .filter((run) => run.jobRef === after)
    .map((run) => ({ run, count: followers.get(run.id)?.length ?? 0 }))
    .filter(({ run, count }) => count !== (run.status === 'completed' ? 1 : 0))
    .map(({ run, count }) => `${after} ${run.number} is ${run.status} and has ${count} followers`);
}
