import type { RunOverviewResponse } from '@pumphouse/contract';
import { shortenJobRef } from './job-name.ts';

/** Describes what started a run: `manual by owner@example.com`, `after shop.load #12`, `schedule 0 6 * * *`. */
export function describeCause(
  run: Pick<RunOverviewResponse, 'trigger' | 'trigger_kind' | 'triggered_by' | 'caused_by' | 'refresh'>,
): string {
  const { trigger, trigger_kind: kind, triggered_by: user, caused_by: cause, refresh } = run;
  const text = (() => {
    if (cause !== null)
      return `after ${shortenJobRef(cause.job_ref)} #${cause.number}${kind === 'job.fail' ? ' failed' : ''}`;
    if (user !== null) return `manual by ${user.email ?? 'a former member'}`;
    return describeTrigger(trigger);
  })();
  return refresh ? `${text}, refresh` : text;
}

/** Describes a trigger: `schedule 15 6 * * 1-5`, `every 5m`, `after shop.load succeeds`. */
export function describeTrigger(trigger: string): string {
  const [, kind = trigger, expression = ''] = /^([^:]*):(.*)$/s.exec(trigger) ?? [];
  if (kind === 'manual') return 'manual';
  if (kind === 'http') return 'on visit';
  if (kind === 'job.success') return `after ${shortenJobRef(expression)} succeeds`;
  if (kind === 'job.fail') return `after ${shortenJobRef(expression)} fails`;
  return `${kind} ${expression}`.trim();
}
