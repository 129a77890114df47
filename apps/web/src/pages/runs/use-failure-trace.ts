import type { FailureReasonResponse } from '@pumphouse/contract';
import { findLastTraceback, stripAnsi } from '@pumphouse/client';
import { useQuery } from '@tanstack/react-query';
import { operation } from '../../api/operation.ts';
import { runPipelines, type RunParams } from './run-queries.ts';

/**
 * Number of lines at the end of the log to search for the traceback. dlt's exception chains have about two
 * hundred.
 */
const tailLines = 1000;

export interface FailureTrace {
  /** As Python printed it; null if there is none, or while loading. */
  traceback: string | null;
  /** Line of the exception in the log, counted from 1. */
  lineNumber: number | null;
}

/**
 * Finds the traceback of a failure, from dlt's report of the failed step or else from the end of the log, and
 * the log line of the exception.
 */
export function useFailureTrace(params: RunParams, reason: FailureReasonResponse): FailureTrace {
  const { data: pipelines } = useQuery(runPipelines(params));
  const { data: log } = useQuery({
    ...operation('read_log_lines', { params, query: { from_line: -tailLines, limit: tailLines } }),
    enabled: reason.kind !== 'runtime',
  });
  const reported = pipelines?.pipeline_runs.findLast(
    (run) => run.pipeline_name === reason.pipeline_name && run.error_traceback != null,
  );
  const printed = (log?.lines ?? []).filter(({ source }) => source === 'user');
  const errors = printed.filter(({ io_stream: stream }) => stream === 'stderr');
  const name = reason.exception_type?.split('.').at(-1);
  const line = name === undefined ? undefined : printed.findLast(({ content }) => isReported(content, name));
  return {
    traceback:
      reported?.error_traceback ?? findLastTraceback(errors.map(({ content }) => stripAnsi(content))),
    lineNumber: line === undefined ? null : line.line_num + 1,
  };
}

/** True for a line that starts with `ValueError: …` or `duckdb.ConversionException: …`. */
function isReported(content: string, name: string): boolean {
  const [before] = stripAnsi(content).split(':', 1);
  return before !== undefined && (before === name || before.endsWith(`.${name}`));
}
