import type { JobOverviewResponse, NextStartResponse } from '@pumphouse/contract';
import { describeTriggerShortly } from '../../details/run-cause.ts';

/** Next start of a job as displayed. */
export interface NextStartText {
  /** Null if the job has no time trigger or is paused. */
  at: string | null;
  /** Description of the trigger. */
  trigger: string;
  /** The zone of the trigger's times; null without any, or if it is not known. */
  zone: string | null;
  /** Why the start is blocked, as a sentence; null if it is not. */
  blocked: string | null;
}

/** The soonest scheduled start of each job. */
export function indexNextStarts(starts: readonly NextStartResponse[]): Map<string, NextStartResponse> {
  const byJob = new Map<string, NextStartResponse>();
  for (const start of starts) {
    const isClock = start.source === 'tick' && !byJob.has(start.job.id);
    if (isClock) byJob.set(start.job.id, start);
  }
  return byJob;
}

/**
 * @param start the job's entry in the list of next starts, if any: its trigger text has cron expressions in
 * words
 */
export function describeNextStart(
  job: Pick<JobOverviewResponse, 'triggers' | 'next_start' | 'is_paused' | 'is_archived'>,
  start: NextStartResponse | undefined,
): NextStartText {
  const { next_start: next } = job;
  const trigger =
    start !== undefined && (next === null || start.trigger === next.trigger)
      ? start.trigger_text
      : describeTriggerShortly(next?.trigger ?? mainTrigger(job.triggers));
  if (job.is_archived) return { at: null, trigger: 'archived', zone: null, blocked: null };
  const zone = start?.time_zone ?? null;
  if (job.is_paused) return { at: null, trigger: `paused (would run ${trigger})`, zone, blocked: null };
  return { at: next?.at ?? null, trigger, zone, blocked: start?.blocked?.detail ?? null };
}

/** The most informative trigger of a job: time triggers first, then jobs and events, then manual. */
function mainTrigger(triggers: readonly string[]): string {
  const rank = (trigger: string) => {
    const position = order.findIndex((kind) => trigger.startsWith(kind));
    return position < 0 ? order.length : position;
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
