import type { PipelineOverviewResponse } from '@pumphouse/contract';
import { formatBytes, formatCompactCount, formatDuration } from '../../ui/format.ts';

/**
 * Chart notes that compare the last run with the usual value: "5,428 last, 5,310 usual". Null for a pipeline
 * without a last run.
 */
export function usualNotes({ last_run: last, usual }: Pick<PipelineOverviewResponse, 'last_run' | 'usual'>) {
  const note = (
    lastValue: number | null | undefined,
    usualValue: number | null,
    format: (value: number) => string,
  ): string | null => {
    if (lastValue == null) return null;
    return usualValue === null
      ? `${format(lastValue)} last`
      : `${format(lastValue)} last, ${format(usualValue)} usual`;
  };
  return {
    rows: note(last?.rows_loaded, usual.median_rows_loaded, formatCompactCount),
    bytes: note(last?.bytes_loaded, usual.median_bytes_loaded, formatBytes),
    duration: note(last?.duration_ms, usual.median_duration_ms, (value) => formatDuration(value / 1000)),
  };
}
