import type { RunOverviewResponse } from '@pumphouse/contract';
import { shortenJobName } from './job-name.ts';

/** What is needed of a run to say why it exists. */
export type CausedRun = Pick<
  RunOverviewResponse,
  'trigger' | 'trigger_kind' | 'triggered_by' | 'caused_by' | 'refresh'
>;

/** Why a run exists, in a few words: "schedule", "by owner@example.com", "after shop.orders #128". */
export function describeCause(run: CausedRun): string {
  const words = describeStart(run);
  return run.refresh ? `${words}, refresh` : words;
}

function describeStart({
  trigger,
  trigger_kind: kind,
  triggered_by: by,
  caused_by: cause,
}: CausedRun): string {
  if (cause !== null)
    return `after ${shortenJobName(cause.job_name)} #${cause.number}${kind === 'job.fail' ? ' failed' : ''}`;
  if (by !== null) return `by ${by.email ?? 'a member who left'}`;
  return describeTriggerShortly(trigger);
}

const plainWords: Record<string, string> = {
  manual: 'manual',
  http: 'on visit',
  deployment: 'deployment',
};

/**
 * A trigger with the word of its kind, its expression as it was declared: "schedule 15 6 * * 1-5", "every 5m", "after shop.orders
 * succeeds". The server puts crons into words where it names what starts next.
 */
export function describeTriggerShortly(trigger: string): string {
  const colon = trigger.indexOf(':');
  const kind = colon < 0 ? trigger : trigger.slice(0, colon);
  const expression = colon < 0 ? '' : trigger.slice(colon + 1);
  const plain = plainWords[kind];
  if (plain !== undefined) return plain;
  const job = shortenJobName(expression);
  if (kind === 'job.success') return `after ${job} succeeds`;
  if (kind === 'job.fail') return `after ${job} fails`;
  return `${kind.replaceAll('_', ' ')} ${expression}`.trim();
}
