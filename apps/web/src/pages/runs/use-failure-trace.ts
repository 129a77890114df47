import type { FailureReasonResponse, LogLineExcerpt } from '@pumphouse/contract';
import { findLastTraceback, stripAnsi } from '@pumphouse/client';
import { useQuery } from '@tanstack/react-query';
import { findCauseLine, type PrintedLine } from './cause/find-cause-line.ts';
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
export function useFailureTrace(params: RunParams, reason: FailureReasonResponse | null): FailureTrace {
  const { data: pipelines } = useQuery(runPipelines(params));
  const { data: log } = useQuery({
    ...operation('read_log_lines', { params, query: { from_line: -tailLines, limit: tailLines } }),
    enabled: reason !== null && reason.kind !== 'runtime',
  });
  const reported = pipelines?.pipeline_runs.findLast(
    (run) => run.pipeline_name === reason?.pipeline_name && run.error_traceback != null,
  );
  const printed = readPrinted(log?.lines ?? []);
  const line = findCauseLine(printed, reason?.exception_type ?? null);
  const errors = printed.filter(({ isError }) => isError);
  return {
    traceback: reported?.error_traceback ?? findLastTraceback(errors.map(({ content }) => content)),
    lineNumber: line === null ? null : line + 1,
  };
}

function readPrinted(lines: readonly LogLineExcerpt[]): PrintedLine[] {
  return lines.flatMap(({ source, io_stream: stream, line_num: number, content }) =>
    source === 'user' ? [{ number, content: stripAnsi(content), isError: stream === 'stderr' }] : [],
  );
}
