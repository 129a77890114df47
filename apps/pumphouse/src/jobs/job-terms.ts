import { usualBatchTimeoutSeconds, type JobDefinition, type RefreshPropagation } from '@pumphouse/contract';
import type { Detail } from '../terminal/details.ts';
import { formatDuration } from '../terminal/format.ts';

type Terms = Pick<
  JobDefinition,
  'auto_refresh_pipeline_mode' | 'entry_point' | 'execute' | 'interval' | 'refresh_propagation' | 'require'
>;

const refreshes: Record<RefreshPropagation, string> = {
  auto: 'on request',
  always: 'on every run',
  block: 'blocked, also for downstream jobs',
};

/** What a job declares about its times: zone, interval, what a refresh does, and when a run is stopped. */
export function listTerms(definition: Terms): Detail[] {
  const {
    interval,
    refresh_propagation: propagation,
    auto_refresh_pipeline_mode: mode,
    require,
  } = definition;
  const refresh = [propagation && refreshes[propagation], mode && `pipelines: ${mode.replace('_', ' ')}`];
  return [
    ['Time zone', require?.timezone ?? 'UTC'],
    [
      'Interval',
      interval && `from ${interval.start}${interval.end === undefined ? '' : ` to ${interval.end}`}`,
    ],
    ['Refresh', refresh.filter((text) => text !== undefined).join('; ')],
    describeTimeout(definition),
  ];
}

function describeTimeout({ execute: { timeout }, entry_point: { job_type: type } }: Terms): Detail {
  if (type === 'interactive') return ['Idle timeout', formatSeconds(timeout?.timeout)];
  if (timeout === null) return ['Timeout', 'none'];
  return ['Timeout', formatSeconds(timeout?.timeout ?? (type === 'batch' ? usualBatchTimeoutSeconds : 0))];
}

function formatSeconds(seconds: number | undefined): string {
  return seconds === 0 ? 'none' : formatDuration(seconds);
}
