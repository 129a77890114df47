import type { JobOverviewResponse, NextStartResponse } from '@pumphouse/contract';
import { describeTriggerShortly } from '../../facts/run-cause.ts';

/** When a job starts next, as far as it is known. */
export interface NextStartWords {
  /** Null where no clock starts it, or it is paused. */
  at: string | null;
  /** What starts it, in words. */
  trigger: string;
  /** What is in the way, as a sentence; null where nothing is. */
  blocked: string | null;
}

/** What starts next, by job: the soonest one. */
export function indexNextStarts(starts: readonly NextStartResponse[]): Map<string, NextStartResponse> {
  const byJob = new Map<string, NextStartResponse>();
  for (const start of starts) {
    const isClock = start.source === 'tick' && !byJob.has(start.job.id);
    if (isClock) byJob.set(start.job.id, start);
  }
  return byJob;
}

/** @param start what the list of next starts says of the job, where it has it: crons are in words there */
export function describeNextStart(
  job: Pick<JobOverviewResponse, 'triggers' | 'next_start' | 'is_paused' | 'is_archived'>,
  start: NextStartResponse | undefined,
): NextStartWords {
  const { next_start: next } = job;
  const trigger =
    start !== undefined && (next === null || start.trigger === next.trigger)
      ? start.trigger_text
      : describeTriggerShortly(next?.trigger ?? mainTrigger(job.triggers));
  if (job.is_archived) return { at: null, trigger: 'archived', blocked: null };
  if (job.is_paused) return { at: null, trigger: `paused (would run ${trigger})`, blocked: null };
  return { at: next?.at ?? null, trigger, blocked: start?.blocked?.detail ?? null };
}

/** The trigger that says most about a job: the clock, then other jobs and systems, then a hand. */
function mainTrigger(triggers: readonly string[]): string {
  const rank = (trigger: string) => {
    const place = order.findIndex((kind) => trigger.startsWith(kind));
    return place < 0 ? order.length : place;
  };
  return triggers.toSorted((one, other) => rank(one) - rank(other))[0] ?? 'manual:';
}

const order = [
  'schedule:',
  'every:',
  'once:',
  'job.success:',
  'job.fail:',
  'webhook:',
  'deployment:',
  'http:',
  'manual:',
];
