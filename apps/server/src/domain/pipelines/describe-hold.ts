import type { PipelineHold } from './pipeline-holds.ts';

/** A hold or a request of another run, as members of its workspace know it. */
export interface NamedHold extends PipelineHold {
  runNumber: number;
  jobRef: string;
  /** Null if it waits itself. */
  heldAt: Date | null;
}

/** Describes what a run waits for, and who has it. */
export function describeHoldWait(blockedBy: NamedHold): string {
  return `Waiting for ${describeTarget(blockedBy)}: ${describeHolder(blockedBy)}`;
}

/** Describes why a run that may not wait fails. */
export function describeHeld(blockedBy: NamedHold): string {
  return `${capitalize(describeTarget(blockedBy))} is in use: ${describeHolder(blockedBy)}`;
}

/** Describes why waiting would never end. */
export function describeDeadlock({ runNumber, jobRef }: NamedHold, waitsFor: 'hold' | 'file'): string {
  const run = `run ${runNumber} of ${jobRef}`;
  const what =
    waitsFor === 'hold'
      ? 'what this run holds.'
      : 'a database file that this run has open. Close connections to it before you write with a pipeline.';
  return `Waiting would never end: ${run}, or a run that it waits for, waits for ${what}`;
}

/** How long a waiting run is to pause before it asks again: those further back ask less often. */
export function decidePauseSeconds(position: number): number {
  return Math.min(firstPauseSeconds * position, maxPauseSeconds);
}

const firstPauseSeconds = 0.5;
const maxPauseSeconds = 5;

function describeTarget({ kind, name }: PipelineHold): string {
  return `the ${kind} ${name}`;
}

function describeHolder({ runNumber, jobRef, heldAt }: NamedHold): string {
  const run = `run ${runNumber} of ${jobRef}`;
  if (heldAt === null) return `${run} is to get it first.`;
  return `${run} has held it since ${heldAt.toISOString().slice(0, 19).replace('T', ' ')} UTC.`;
}

const capitalize = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
