/** What a supervisor knows about an attempt whose location it cannot observe. */
export interface UnknownAttempt {
  /** How long this supervisor has continuously been unable to observe the location. */
  hiddenSeconds: number;
  /** How long the run has been marked as unknown; null if it is not marked. */
  unknownSeconds: number | null;
  /**
   * The run was requested to end: by cancel, timeout, the rules of apps, or because its job or workspace was
   * archived.
   */
  isToEnd: boolean;
}

export interface UnknownLimits {
  /** A shorter silence, such as the restart of an engine, changes nothing. */
  markAfterSeconds: number;
  /** How long an unknown run that was requested to end may stay. */
  endAfterSeconds: number;
}

/**
 * A short silence of an engine must not free slots: runs started then would exceed the limit together with
 * the runs that continue.
 */
const maxSilenceSeconds = 30;

export function planUnknownLimits(unknownMinutes: number): UnknownLimits {
  const endAfterSeconds = unknownMinutes * 60;
  return { endAfterSeconds, markAfterSeconds: Math.min(maxSilenceSeconds, endAfterSeconds / 10) };
}

/**
 * Decides what to do with the attempt. `mark`: the run becomes unknown and releases its slot. `end`: the run
 * ends as lost.
 */
export function decideUnknown(attempt: UnknownAttempt, limits: UnknownLimits): 'wait' | 'mark' | 'end' {
  const { hiddenSeconds, unknownSeconds, isToEnd } = attempt;
  if (unknownSeconds === null) return hiddenSeconds >= limits.markAfterSeconds ? 'mark' : 'wait';
  return isToEnd && unknownSeconds >= limits.endAfterSeconds ? 'end' : 'wait';
}
