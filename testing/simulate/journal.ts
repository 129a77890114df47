import type { RowChange } from './site.ts';

/** A violated expectation, with everything needed to reproduce it. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** A started run, for the final audit. */
export interface StartedRun {
  runId: string;
  ref: string;
  trigger: string;
  /** The job's clock at that time, which determines what the run covers. */
  timedTrigger: string | null;
  zone: string;
  /** Time on the database's clock. */
  decidedAt: number;
  /**
   * Order in which the database created and ended it: it determines what decisions could see of each other,
   * even at the same instant.
   */
  order: number;
  endedOrder: number | null;
  status: string;
  refresh: boolean;
  start: number;
  end: number;
  concurrency: number | null;
  /** The declared interval as written, before its ends are moved to ticks. */
  bounds: { start: number; end: number } | null;
  /** The same, with its ends moved to ticks. */
  window: { start: number; end: number } | null;
  tick: number | null;
  previousRunId: string | null;
}

export type Journal = ReturnType<typeof createJournal>;

const linesOfJob = 40;

/** Records what happened to each job as text, and all starts. */
export function createJournal(seed: number) {
  const lines = new Map<string, string[]>();
  const runs = new Map<string, StartedRun>();
  let now = { order: 0, clock: 0 };
  let step = '';
  const counts = new Map<string, number>();

  function note(ref: string, text: string): void {
    const ofJob = lines.get(ref) ?? [];
    ofJob.push(`${format(now.clock)} ${text}`);
    if (ofJob.length > linesOfJob) ofJob.shift();
    lines.set(ref, ofJob);
  }

  return {
    runs,
    counts,
    note,

    count(what: string, by = 1): void {
      counts.set(what, (counts.get(what) ?? 0) + by);
    },

    /** Begins the next step of the simulation. */
    begin(at: { order: number; clock: number }, text: string): void {
      now = at;
      step = text;
    },

    /** @returns an error with the whole history of a job */
    violation(ref: string | null, problem: string, details: Record<string, unknown> = {}): Violation {
      const told = Object.entries(details).map(([name, value]) => `  ${name}: ${JSON.stringify(value)}`);
      const events = ref === null ? [] : (lines.get(ref) ?? []);
      return new Violation(
        [
          `${ref ?? 'workspace'}: ${problem}`,
          `  seed ${seed}, at ${format(now.clock)} on the database's clock, ${format(now.order)} without its steps`,
          `  while: ${step}`,
          ...told,
          ...(events.length > 0 ? [`  what led there:`, ...events.map((line) => `    ${line}`)] : []),
        ].join('\n'),
      );
    },
  };
}

export function describeChange(change: RowChange): string {
  const { number, status, trigger, skip } = change;
  if (skip) return `skip #${number} ${skip.status} x${skip.count} by ${trigger}`;
  if (change.kind === 'update') return `run #${number} ${change.statusBefore} -> ${status}`;
  const from = change.intervalStart?.toISOString();
  const to = change.intervalEnd?.toISOString();
  return `run #${number} starts by ${trigger} on [${from}, ${to})${change.refresh ? ' with refresh' : ''}`;
}

export function format(at: number): string {
  return Number.isFinite(at) ? new Date(at).toISOString() : String(at);
}
