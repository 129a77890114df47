/** Points at which a test may stop a server, to simulate a crash. In production, `reach` returns at once. */
export const faultPointNames = [
  'after-claim',
  'in-environment-build',
  'before-handle-stored',
  'beacon-received',
  'between-exit-and-finish',
  'in-finish-before-commit',
  'after-finish-commit',
  'in-log-compression',
  'before-events-removed',
  'in-start-up',
  'before-files-removed',
  'in-attempt-preparation',
  'before-slot-assignment',
  'in-slot-assignment',
  'in-attempt-removal',
  'in-environment-assembly',
  'before-environment-complete',
  'in-environment-removal',
  'in-tick-before-commit',
  'after-tick-commit',
  'in-backfill-before-commit',
  'after-backfill-commit',
  'in-backfill-portion',
  'in-key-rotation',
  'in-alerts-before-commit',
  'before-alert-sent',
  'after-alert-sent',
  'in-event-dispatch',
  'before-event-sent',
  'after-event-sent',
] as const;

export type FaultPointName = (typeof faultPointNames)[number];

export interface FaultPoints {
  reach(name: FaultPointName): Promise<void>;
}

export const noFaultPoints: FaultPoints = { reach: () => Promise.resolve() };
