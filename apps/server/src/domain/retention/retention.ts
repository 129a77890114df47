import type { RetentionLimit, RetentionLimits } from './retention-limits.ts';
import { retentionKinds } from './retention-limits.ts';

/** A stored item: its id, its time, its size, and whether anything needs it. */
export interface RetentionCandidate {
  id: string;
  at: Date;
  bytes: number;
  isNeeded: boolean;
}

export interface RemovalDecision<Candidate> {
  removed: Candidate[];
  /** Remaining bytes after the removals. */
  bytesLeft: number;
  /** No candidate younger than these is removed. */
  isDone: boolean;
}

/**
 * Decides which candidates to remove: those that are too old, then the oldest until the rest fits the size
 * limit. Needed candidates count toward the size but are kept.
 * @param candidates oldest first; request the next page with `bytesLeft`
 * @param bytes total size of these and all younger candidates
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

const maxPauseSeconds = 3600;
const minPauseSeconds = 5;

/** Decides the pause between retention runs: one hour, or less if a maximum age is shorter. */
export function decidePauseSeconds(limits: RetentionLimits): number {
  const ages = retentionKinds.map((kind) => limits[kind].maxAgeSeconds).filter((age) => age !== null);
  return Math.max(minPauseSeconds, Math.min(maxPauseSeconds, ...ages));
}
