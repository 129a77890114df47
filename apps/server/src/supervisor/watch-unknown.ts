import type { AttemptLog } from '../services/logs/attempt-log.ts';
import type { Claim } from '../store/records.ts';
import type { EndUnknownRun } from '../services/attempts/end-unknown-run.ts';
import type { Persistence } from '../store/store.ts';
import type { UnknownLimits } from '../domain/attempts/unknown-attempt.ts';
import { decideUnknown } from '../domain/attempts/unknown-attempt.ts';
import { runnerLine } from '../domain/logs/log-line.ts';

export interface WatchUnknownDependencies {
  persistence: Persistence<'attempts' | 'logChunks' | 'outbox' | 'unknownRuns'>;
  attemptLog: AttemptLog;
  endUnknownRun: EndUnknownRun;
  limits: UnknownLimits;
  /** Ids of the unknown runs that this server drives: they take none of its slots. */
  unknownRunIds: Set<string>;
}

/** The run's current state in the database. */
interface LookedAt {
  unknownSeconds: number | null;
  endIntent: string | null;
  isArchived: boolean;
}

/** Tracks whether the executor can see one attempt. */
export interface UnknownWatch extends Disposable {
  /** @param detail why the executor cannot see the attempt */
  noteHidden(run: LookedAt, detail: string): Promise<void>;
  noteSeen(run: LookedAt): Promise<void>;
}

export type WatchUnknown = ReturnType<typeof createWatchUnknown>;

/** Marks runs as unknown while their attempts cannot be seen, and ends those whose end is requested. */
export function createWatchUnknown(dependencies: WatchUnknownDependencies) {
  const { persistence, attemptLog, endUnknownRun, limits, unknownRunIds } = dependencies;

  async function mark(claim: Claim, attemptId: string, detail: string): Promise<void> {
    const isMarked = await persistence.transaction(async (tx) => {
      if (!(await tx.unknownRuns.mark(claim, detail))) return false;
      await attemptLog.writeWith(tx, attemptId, [runnerLine(describeMark(detail, limits), new Date())]);
      return true;
    });
    if (!isMarked) return;
    unknownRunIds.add(claim.jobRunId);
    attemptLog.announce(claim.jobRunId);
    // The slot is free now.
    await persistence.store.outbox.wake();
  }

  async function clear(claim: Claim, attemptId: string): Promise<void> {
    const text = 'The server can reach the run again. It continues.';
    const isCleared = await persistence.transaction(async (tx) => {
      if (!(await tx.unknownRuns.clear(claim))) return false;
      await attemptLog.writeWith(tx, attemptId, [runnerLine(text, new Date())]);
      return true;
    });
    unknownRunIds.delete(claim.jobRunId);
    if (isCleared) attemptLog.announce(claim.jobRunId);
  }

  return function watchUnknown(claim: Claim, attemptId: string): UnknownWatch {
    let hiddenSince: number | null = null;
    return {
      async noteHidden(run, detail) {
        hiddenSince ??= performance.now();
        if (run.unknownSeconds !== null) unknownRunIds.add(claim.jobRunId);
        const hiddenSeconds = (performance.now() - hiddenSince) / 1000;
        const isToEnd = run.endIntent !== null || run.isArchived;
        const next = decideUnknown({ hiddenSeconds, unknownSeconds: run.unknownSeconds, isToEnd }, limits);
        if (next === 'mark') await mark(claim, attemptId, detail);
        if (next === 'end') await endUnknownRun.end(claim.jobRunId, describeEnd(run, detail));
      },
      async noteSeen(run) {
        hiddenSince = null;
        if (run.unknownSeconds !== null) await clear(claim, attemptId);
      },
      [Symbol.dispose]: () => void unknownRunIds.delete(claim.jobRunId),
    };
  };
}

function describeMark(detail: string, { endAfterSeconds }: UnknownLimits): string {
  return [
    `The server can no longer reach the run: ${detail}`,
    'The run releases its slot, and its process may continue.',
    `If it must end, it ends as lost after ${describeTime(endAfterSeconds)}. An owner of the workspace can end it now ("Force end").`,
  ].join(' ');
}

function describeEnd({ endIntent, unknownSeconds, isArchived }: LookedAt, detail: string): string {
  const reason = isArchived && endIntent === null ? 'Its job or workspace was archived' : 'It had to end';
  return `${reason}, and no server could reach it for ${describeTime(unknownSeconds ?? 0)}: ${detail}`;
}

function describeTime(seconds: number): string {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes === 1 ? '1 minute' : `${minutes} minutes`;
}
