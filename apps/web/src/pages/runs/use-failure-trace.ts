import type { FailureReasonResponse } from '@pumphouse/contract';
import { useQuery } from '@tanstack/react-query';
import { findLastTraceback } from './traceback.ts';
import { operation } from '../../api/operation.ts';
import { runPipelines, type RunParams } from './run-queries.ts';
import { stripAnsi } from '../../log/ansi.ts';

/** Lines from the end of the log in which the traceback is looked for: dlt's chains have some two hundred. */
const tailLines = 1000;

export interface FailureTrace {
  /** As Python printed it; null where there is none, or while it is fetched. */
  traceback: string | null;
  /** Where the log says it, from 1 on. */
  lineNumber: number | null;
}

/** The traceback of a failure: what dlt reported of the step that failed, else what the log ends with; and where in the log it is told. */
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
  const told = name === undefined ? undefined : printed.findLast(({ content }) => isTold(content, name));
  return {
    traceback:
      reported?.error_traceback ?? findLastTraceback(errors.map(({ content }) => stripAnsi(content))),
    lineNumber: told === undefined ? null : told.line_num + 1,
  };
}

/** `ValueError: …` or `duckdb.ConversionException: …` at the beginning of a line. */
function isTold(content: string, name: string): boolean {
  const [before] = stripAnsi(content).split(':', 1);
  return before !== undefined && (before === name || before.endsWith(`.${name}`));
}
