/** What a supervisor knows about an attempt whose place it cannot see. */
export interface UnknownAttempt {
  /** For how long this supervisor has not seen the place, without a break. */
  hiddenSeconds: number;
  /** For how long the run is marked as unknown; null while it is not. */
  unknownSeconds: number | null;
  /** Something asked for the end of the run: cancel, timeout, the rules of apps, or its job or workspace was archived. */
  isToEnd: boolean;
}

export interface UnknownLimits {
  /** A shorter silence, such as the restart of an engine, changes nothing. */
  markAfterSeconds: number;
  /** How long an unknown run that is to end may stay. */
  endAfterSeconds: number;
}

/** A short silence of an engine must not free slots: runs that start then would come on top of those that go on. */
const longestSilenceSeconds = 30;

export function planUnknownLimits(unknownMinutes: number): UnknownLimits {
  const endAfterSeconds = unknownMinutes * 60;
  return { endAfterSeconds, markAfterSeconds: Math.min(longestSilenceSeconds, endAfterSeconds / 10) };
}

/** `mark`: the run becomes unknown, and gives its slot back. `end`: the run ends as lost. */
export function decideUnknown(attempt: UnknownAttempt, limits: UnknownLimits): 'wait' | 'mark' | 'end' {
  const { hiddenSeconds, unknownSeconds, isToEnd } = attempt;
  if (unknownSeconds === null) return hiddenSeconds >= limits.markAfterSeconds ? 'mark' : 'wait';
  return isToEnd && unknownSeconds >= limits.endAfterSeconds ? 'end' : 'wait';
}
