import { shortenPipelineError } from '@pumphouse/client';
import { maximumFailuresAsked, type PipelineRunResponse } from '@pumphouse/contract';
import { useInfiniteQuery, useQueries } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import { Fragment } from 'react';
import classes from './pipelines.module.css';
import table from '../../ui/table.module.css';
import { ClockTime, Time } from '../../ui/time.tsx';
import { Empty, ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import { formatBytes, formatCount, formatDuration } from '../../ui/format.ts';
import { MoreRows } from '../../ui/more-rows.tsx';
import { PipelineRunDetail } from './pipeline-run-detail.tsx';
import { PipelineRunState } from '../../ui/state.tsx';
import { failuresOfPipelineRuns, runsOfPipeline } from '../../data/data-queries.ts';
import { Section } from '../../ui/page.tsx';
import { createZonedFormat } from '../../ui/time-zone.ts';
import { toWallDate } from '../../ui/wall-time.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

/** Runs of a pipeline across all jobs. A row expands to its steps, tables and failure. */
export function RunsTab({ pipelineName }: { pipelineName: string }) {
  const { id: workspaceId } = useWorkspace();
  const { from, to, run } = useSearch({ from: '/signed-in/w/$workspaceId/pipelines/$pipelineName' });
  const list = useInfiniteQuery(runsOfPipeline(workspaceId, pipelineName, { start: from, end: to }));
  const runs = list.data?.items ?? [];
  const failureOf = useFailures(workspaceId, runs);
  return (
    <Section
      title="Pipeline runs"
      aside={from !== undefined && to !== undefined && <DaysOnly from={from} to={to} />}
    >
      {list.error && <ErrorNotice error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <LoadingRows />}
      {list.data && runs.length === 0 && (
        <Empty title="No stored runs">
          {from === undefined
            ? 'Runs are deleted after the retention period of your organization.'
            : 'There were no runs on these days, or they are past the retention period.'}
        </Empty>
      )}
      {runs.length > 0 && (
        <div className={table.scroll}>
          <table className={table.table} aria-label="Pipeline runs">
            <thead>
              <tr>
                <th scope="col">Run</th>
                <th scope="col">Started</th>
                <th scope="col" className="number">
                  Duration
                </th>
                <th scope="col" className="number">
                  Rows
                </th>
                <th scope="col" className="number">
                  Bytes
                </th>
                <th scope="col">Result</th>
              </tr>
            </thead>
            <tbody>
              {runs.map((each) => (
                <Fragment key={each.id}>
                  <Row run={each} failure={failureOf.get(each.id)} isOpen={each.id === run} />
                  {each.id === run && (
                    <tr className={classes.detail}>
                      <td colSpan={6} data-wide="true">
                        <PipelineRunDetail pipelineRunId={each.id} />
                      </td>
                    </tr>
                  )}
                </Fragment>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <MoreRows
        hasMore={list.hasNextPage}
        isLoading={list.isFetchingNextPage}
        onMore={() => void list.fetchNextPage()}
      />
    </Section>
  );
}

/** The cause of each failed run, as its job run shows it. Each page of the list is asked for once. */
function useFailures(workspaceId: string, runs: readonly PipelineRunResponse[]): Map<string, string> {
  const failed = runs.flatMap(({ id, status }) => (status === 'failed' ? id : []));
  const parts = Array.from({ length: Math.ceil(failed.length / maximumFailuresAsked) }, (_, index) =>
    failed.slice(index * maximumFailuresAsked, (index + 1) * maximumFailuresAsked),
  );
  const answers = useQueries({ queries: parts.map((ids) => failuresOfPipelineRuns(workspaceId, ids)) });
  return new Map(
    answers.flatMap(({ data }) =>
      (data?.items ?? []).map(({ pipeline_run_id: id, summary }) => [id, summary] as const),
    ),
  );
}

interface RowProps {
  run: PipelineRunResponse;
  /** Why the run failed; undefined if its job run did not fail because of it. */
  failure: string | undefined;
  isOpen: boolean;
}

function Row({ run, failure, isOpen }: RowProps) {
  return (
    <tr data-row data-current={isOpen}>
      <td>
        <Link
          from="/w/$workspaceId/pipelines/$pipelineName"
          to="."
          search={(before) => ({ ...before, run: isOpen ? undefined : run.id })}
          replace
          resetScroll={false}
          className={classes.unfold}
          aria-expanded={isOpen}
          activeProps={{}}
          data-row-link
        >
          <span aria-hidden="true" className="quiet">
            {isOpen ? '▾' : '▸'}
          </span>{' '}
          <PipelineRunState status={run.status} />
        </Link>
      </td>
      <td>
        <ClockTime at={run.started_at ?? run.created_at} />{' '}
        <span className="quiet">
          <Time at={run.started_at ?? run.created_at} />
        </span>
      </td>
      <td className="number" data-label="Duration">
        {run.duration_ms != null && formatDuration(run.duration_ms / 1000)}
      </td>
      <td className="number" data-label="Rows">
        {formatCount(run.total_rows_loaded)}
      </td>
      <td className="number" data-label="Bytes">
        {formatBytes(run.total_bytes_loaded)}
      </td>
      <td className={classes.outcome} data-wide="true">
        {run.status === 'failed' ? (
          <span className={`${classes.oneLine} ${classes.reason}`} title={run.error_message ?? undefined}>
            {run.error_step != null && `${run.error_step}: `}
            {failure ?? shortenPipelineError(run.error_message)}
          </span>
        ) : (
          run.has_schema_migration === true && 'schema changed'
        )}
      </td>
    </tr>
  );
}

/** Shows the active date filter and removes it. */
function DaysOnly({ from, to }: { from: string; to: string }) {
  const last = new Date(Date.parse(to) - 1).toISOString();
  return (
    <span className={classes.daysOnly}>
      Only <Day at={from} />
      {dateOf(from) !== dateOf(last) && (
        <>
          {' '}
          to <Day at={last} />
        </>
      )}{' '}
      <Link
        from="/w/$workspaceId/pipelines/$pipelineName"
        to="."
        search={(before) => ({ ...before, from: undefined, to: undefined })}
        replace
        resetScroll={false}
      >
        Show all
      </Link>
    </span>
  );
}

const days = createZonedFormat({ day: 'numeric', month: 'short', year: 'numeric' });

/** The day of an instant of the URL, which may be none. */
function dateOf(at: string): string {
  const atMs = Date.parse(at);
  return Number.isNaN(atMs) ? at : toWallDate(atMs);
}

function Day({ at }: { at: string }) {
  const instant = new Date(at);
  return Number.isNaN(instant.getTime()) ? at : days.format(instant);
}
