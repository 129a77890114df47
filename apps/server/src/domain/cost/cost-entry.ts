/** What attempts held and used, and what their pipeline runs loaded. */
export interface CostFigures {
  attemptCount: number;
  /** Attempts without a limit of cores or memory: what they held of it is not counted. */
  unlimitedCount: number;
  /** Attempts with a timeline of what they used. */
  measuredCount: number;
  /** From the start of the attempts to their end. */
  heldMs: number;
  heldCoreMs: number;
  heldMemoryByteMs: number;
  /** What the attempts with a timeline held, of which they used the next two. */
  measuredCoreMs: number;
  measuredMemoryByteMs: number;
  usedCoreMs: number;
  usedMemoryByteMs: number;
  /** The highest of any attempt; null without a timeline. */
  peakMemoryBytes: number | null;
  peakCores: number | null;
  rowsLoaded: number;
  bytesLoaded: number;
}

/** The figures of one version of a job, by who or what started its runs, on days with the same rates. */
export interface CostEntry extends CostFigures {
  workspaceId: string;
  jobId: string;
  jobVersionId: string;
  /** As the version names it. */
  size: string;
  triggerKind: string;
  /** A user; null for schedules and other triggers without one. */
  startedBy: string | null;
  /** How many rates had started by then: 0 before the first. */
  ratePeriod: number;
}
