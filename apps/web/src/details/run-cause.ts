import type { RunOverviewResponse } from '@pumphouse/contract';
import { shortenJobName } from './job-name.ts';

/** The fields of a run that describe its trigger. */
export type CausedRun = Pick<
  RunOverviewResponse,
  'trigger' | 'trigger_kind' | 'triggered_by' | 'caused_by' | 'refresh'
>;

/**
 * What triggered a run, in a few words: "schedule", "Manual · owner@example.com", "after shop.orders #128".
 */
export function describeCause(run: CausedRun): string {
  const text = describeStart(run);
  return run.refresh ? `${text}, refresh` : text;
}

function describeStart({
  trigger,
  trigger_kind: kind,
  triggered_by: by,
  caused_by: cause,
}: CausedRun): string {
  if (cause !== null)
    return `after ${shortenJobName(cause.job_name)} #${cause.number}${kind === 'job.fail' ? ' failed' : ''}`;
  if (by !== null) return `Manual · ${by.email ?? 'former member'}`;
  return describeTriggerShortly(trigger);
}

const plainLabels: Record<string, string> = {
  manual: 'manual',
  http: 'on visit',
  deployment: 'deployment',
};

/**
 * Describes a trigger by its kind and declared expression: "schedule 15 6 * * 1-5", "every 5m", "after
 * shop.orders succeeds". Only the server's list of next starts has cron expressions in words.
 */
export function describeTriggerShortly(trigger: string): string {
  const colon = trigger.indexOf(':');
  const kind = colon < 0 ? trigger : trigger.slice(0, colon);
  const expression = colon < 0 ? '' : trigger.slice(colon + 1);
  const plain = plainLabels[kind];
  if (plain !== undefined) return plain;
  const job = shortenJobName(expression);
  if (kind === 'job.success') return `after ${job} succeeds`;
  if (kind === 'job.fail') return `after ${job} fails`;
  return `${kind.replaceAll('_', ' ')} ${expression}`.trim();
}
