import type { RetentionLimit, RetentionLimits } from './retention-limits.ts';
import { retentionKinds } from './retention-limits.ts';

/** Something that is kept: what it is called, since when, how large it is, and whether anything needs it. */
export interface RetentionCandidate {
  id: string;
  at: Date;
  bytes: number;
  isNeeded: boolean;
}

export interface RemovalDecision<Candidate> {
  removed: Candidate[];
  /** What is left of the bytes once they are gone. */
  bytesLeft: number;
  /** Nothing that is younger than these candidates goes. */
  isDone: boolean;
}

/**
 * Which of the candidates go: those that are too old, and then the oldest until no more is left than the limit. What is needed
 * counts and stays.
 * @param candidates oldest first; the next ones may be asked for with `bytesLeft`
 * @param bytes of all that is kept, these and younger ones
 */
export function decideRemovals<Candidate extends RetentionCandidate>(
  candidates: readonly Candidate[],
  { maxAgeSeconds, maxBytes }: RetentionLimit,
  bytes: number,
  now: Date,
): RemovalDecision<Candidate> {
  const removed: Candidate[] = [];
  const oldest = maxAgeSeconds === null ? -Infinity : now.getTime() - maxAgeSeconds * 1000;
  let bytesLeft = bytes;
  for (const candidate of candidates) {
    const isTooOld = candidate.at.getTime() <= oldest;
    const isTooMuch = maxBytes !== null && bytesLeft > maxBytes;
    if (!isTooOld && !isTooMuch) return { removed, bytesLeft, isDone: true };
    if (candidate.isNeeded) continue;
    removed.push(candidate);
    bytesLeft -= candidate.bytes;
  }
  return { removed, bytesLeft, isDone: false };
}

const longestPauseSeconds = 3600;
const shortestPauseSeconds = 5;

/** How often to look: once an hour, and more often where something is to go sooner than that. */
export function decidePauseSeconds(limits: RetentionLimits): number {
  const ages = retentionKinds.map((kind) => limits[kind].maxAgeSeconds).filter((age) => age !== null);
  return Math.max(shortestPauseSeconds, Math.min(longestPauseSeconds, ...ages));
}
