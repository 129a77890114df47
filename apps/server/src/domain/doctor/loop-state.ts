/** Derives how a repeated task of a server is doing. Pure. */

export type LoopState = 'working' | 'waiting' | 'late';

export interface LoopTimes {
  intervalMs: number;
  readyWithinMs: number | null;
  startedAt: Date;
  lastSuccessAt: Date | null;
}

/** A loop may miss this many intervals, and this much time in addition, before it counts as late. */
const missedIntervals = 3;
const graceMs = 60_000;

/** `waiting`: it has not succeeded yet, and is not late. `late`: it has not succeeded for too long. */
export function deriveLoopState(loop: LoopTimes, now: Date): LoopState {
  const { intervalMs, readyWithinMs, startedAt, lastSuccessAt } = loop;
  const silentMs = now.getTime() - (lastSuccessAt ?? startedAt).getTime();
  if (silentMs > (readyWithinMs ?? missedIntervals * intervalMs + graceMs)) return 'late';
  return lastSuccessAt === null ? 'waiting' : 'working';
}
