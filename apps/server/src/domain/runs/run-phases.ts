import { isTerminalRunState, type RunPhaseName, type RunState } from '@pumphouse/contract';

/** Where the time of a run goes. */
export interface RunPhase {
  name: RunPhaseName;
  /** The number of the attempt that it belongs to, or that it leads to. */
  attempt: number;
  startedAt: Date;
  /** Null for the phase that the run is in. */
  finishedAt: Date | null;
  durationMs: number | null;
}

export interface PhasedRun {
  status: RunState;
  createdAt: Date;
  finishedAt: Date | null;
}

/** What is stored of an attempt. Null is what has not come, or never will. */
export interface PhasedAttempt {
  number: number;
  createdAt: Date;
  environmentReadyAt: Date | null;
  begunAt: Date | null;
  startedAt: Date | null;
  finishedAt: Date | null;
  closedAt: Date | null;
}

/** A phase and when it ended; `end` null where it has not. */
interface Mark {
  name: RunPhaseName;
  attempt: number;
  end: Date | null;
}

/**
 * The phases of a run from when it was made, in their order and without gaps: each begins where the one before it ends, and together they are
 * the time that the run took. What was never recorded (as by older servers) is part of the phase that follows. None for a skipped run.
 * @param attempts in the order of their numbers
 */
export function listRunPhases(run: PhasedRun, attempts: readonly PhasedAttempt[]): RunPhase[] {
  if (run.status === 'skipped') return [];
  const runEnd = isTerminalRunState(run.status) ? run.finishedAt : null;
  // An attempt of a run that nothing has claimed is there for its log alone, which says what the run waits for.
  const begun = run.status === 'pending' ? attempts.filter(isPreparedOrOver) : attempts;
  const marks = begun.flatMap(markAttempt);
  if (waitsAgain(begun.at(-1), runEnd))
    marks.push({ name: 'queued', attempt: (begun.at(-1)?.number ?? 0) + 1, end: null });
  const phases: RunPhase[] = [];
  let startedAt = run.createdAt;
  for (const [index, { name, attempt, end }] of marks.entries()) {
    // A run ends with its last phase, whenever the attempt says it did.
    const isLast = index === marks.length - 1;
    const closes = isLast ? (runEnd ?? end) : (end ?? startedAt);
    if (closes === null) return [...phases, { name, attempt, startedAt, finishedAt: null, durationMs: null }];
    const finishedAt = clamp(closes, startedAt, runEnd);
    const durationMs = finishedAt.getTime() - startedAt.getTime();
    phases.push({ name, attempt, startedAt, finishedAt, durationMs });
    startedAt = finishedAt;
  }
  return phases;
}

/** Whether a run waits, or waited to its end, for an attempt that is not there. */
function waitsAgain(last: PhasedAttempt | undefined, runEnd: Date | null): boolean {
  if (!last) return true;
  return last.closedAt !== null && (runEnd === null || runEnd > last.closedAt);
}

const isPrepared = ({ environmentReadyAt, begunAt, startedAt }: PhasedAttempt): boolean =>
  environmentReadyAt !== null || begunAt !== null || startedAt !== null;

const isPreparedOrOver = (attempt: PhasedAttempt): boolean =>
  isPrepared(attempt) || attempt.finishedAt !== null || attempt.closedAt !== null;

function markAttempt(attempt: PhasedAttempt): Mark[] {
  const { number, createdAt, environmentReadyAt, startedAt, finishedAt, closedAt } = attempt;
  const marks: Mark[] = [{ name: 'queued', attempt: number, end: createdAt }];
  const add = (name: RunPhaseName, end: Date | null) => marks.push({ name, attempt: number, end });
  const over = finishedAt ?? closedAt;
  if (!isPrepared(attempt)) add('environment', over);
  else {
    if (environmentReadyAt !== null) add('environment', environmentReadyAt);
    add('starting', startedAt ?? over);
    if (startedAt !== null) add('running', over);
  }
  if (over !== null && closedAt !== over) add('ending', closedAt);
  return marks;
}

/** User code tells its times by another clock than the database: none may come before the one before it. */
function clamp(at: Date, earliest: Date, latest: Date | null): Date {
  if (at < earliest) return earliest;
  return latest !== null && at > latest ? latest : at;
}
