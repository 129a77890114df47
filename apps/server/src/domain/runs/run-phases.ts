import type { AttemptWait } from '../attempts/attempt-waits.ts';
import { isTerminalRunState, type RunPhaseName, type RunState } from '@pumphouse/contract';

/** A phase of a run, which shows how its time was spent. */
export interface RunPhase {
  name: RunPhaseName;
  /** Number of the attempt that the phase belongs to or leads to. */
  attempt: number;
  startedAt: Date;
  /** Null for the current phase. */
  finishedAt: Date | null;
  durationMs: number | null;
}

export interface PhasedRun {
  status: RunState;
  createdAt: Date;
  finishedAt: Date | null;
}

/** The stored times of an attempt. Null: not reached yet, or never. */
export interface PhasedAttempt {
  number: number;
  createdAt: Date;
  environmentReadyAt: Date | null;
  begunAt: Date | null;
  startedAt: Date | null;
  finishedAt: Date | null;
  closedAt: Date | null;
  /** In order. */
  waits: readonly AttemptWait[];
}

/** A phase and its end; `end` is null if it has not ended. */
interface Mark {
  name: RunPhaseName;
  attempt: number;
  end: Date | null;
}

/**
 * Lists the phases of a run from its creation, in order and without gaps: each starts where the previous one
 * ends, and together they span the run. Times that were never recorded (for example by older servers) are
 * part of the following phase. Empty for a skipped run.
 * @param attempts in order of their numbers
 */
export function listRunPhases(run: PhasedRun, attempts: readonly PhasedAttempt[]): RunPhase[] {
  if (run.status === 'skipped') return [];
  const runEnd = isTerminalRunState(run.status) ? run.finishedAt : null;
  // An attempt of an unclaimed run exists only for its log, which says what the run waits for.
  const begun = run.status === 'pending' ? attempts.filter(isPreparedOrOver) : attempts;
  const marks = begun.flatMap(markAttempt);
  if (waitsAgain(begun.at(-1), runEnd))
    marks.push({ name: 'queued', attempt: (begun.at(-1)?.number ?? 0) + 1, end: null });
  const phases: RunPhase[] = [];
  let startedAt = run.createdAt;
  for (const [index, { name, attempt, end }] of marks.entries()) {
    // The last phase ends with the run, whatever end the attempt recorded.
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

/** Reports whether a run waits, or waited until its end, for an attempt that does not exist. */
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
    if (startedAt !== null) marks.push(...markWaits(attempt, over));
  }
  if (over !== null && closedAt !== over) add('ending', closedAt);
  return marks;
}

/** Splits the time of user code where it waited for a database. */
function markWaits({ number, waits }: PhasedAttempt, over: Date | null): Mark[] {
  const marks = waits.flatMap(({ from, to }): Mark[] => [
    { name: 'running', attempt: number, end: new Date(from) },
    { name: 'waiting', attempt: number, end: to === null ? over : new Date(to) },
  ]);
  if (waits.at(-1)?.to !== null) marks.push({ name: 'running', attempt: number, end: over });
  return marks;
}

/** User code reports times by a different clock than the database, so none may precede the previous one. */
function clamp(at: Date, earliest: Date, latest: Date | null): Date {
  if (at < earliest) return earliest;
  return latest !== null && at > latest ? latest : at;
}
