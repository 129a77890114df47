import type { PipelineFreshnessRow } from '@pumphouse/contract';
import { Link } from '@tanstack/react-router';
import { useQuery } from '@tanstack/react-query';
import classes from './overview.module.css';
import type { overviewQueries } from './overview-queries.ts';
import { Empty, ErrorNotice } from '../../ui/answers.tsx';
import { formatCompactCount, formatNoun, pluralOf } from '../../ui/format.ts';
import { DayBars } from '../../charts/day-bars.tsx';
import { FreshnessState } from '../../details/freshness-state.tsx';
import { Section } from '../../ui/page.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

type Queries = ReturnType<typeof overviewQueries>;

/** Maximum number of pipelines. */
const maxShown = 8;

/** Rows loaded by pipelines, stale pipelines first. */
export function LoadedPipelines({ stale, fresh, days }: Pick<Queries, 'stale' | 'fresh' | 'days'>) {
  const { id: workspaceId } = useWorkspace();
  const staleRows = useQuery(stale);
  const freshRows = useQuery(fresh);
  const { data: series } = useQuery(days);
  const rows = [...(staleRows.data?.items ?? []), ...(freshRows.data?.items ?? [])].slice(0, maxShown);
  const rowsByDay = new Map(
    series?.pipelines.map((each) => [each.pipeline_name, each.daily.total_rows_loaded]),
  );
  const error = staleRows.error ?? freshRows.error;
  return (
    <Section
      title="Loaded"
      aside={
        <Link to="/w/$workspaceId/pipelines" params={{ workspaceId }}>
          All pipelines
        </Link>
      }
    >
      {error && <ErrorNotice error={error} />}
      {freshRows.data && rows.length === 0 && (
        <Empty title="No pipeline runs yet">
          Data that dlt loads in a run appears here, with tables and rows.
        </Empty>
      )}
      <ul className={classes.rows}>
        {rows.map((row) => (
          <PipelineRow key={row.pipeline_name} row={row} days={rowsByDay.get(row.pipeline_name)} />
        ))}
      </ul>
    </Section>
  );
}

function PipelineRow({ row, days }: { row: PipelineFreshnessRow; days: readonly number[] | undefined }) {
  const { id: workspaceId } = useWorkspace();
  const { pipeline_name: pipelineName, last_run: lastRun, freshness } = row;
  return (
    <li className={classes.pipeline} data-row>
      <Link
        to="/w/$workspaceId/pipelines/$pipelineName"
        params={{ workspaceId, pipelineName }}
        className={`${classes.strong} cut`}
        data-row-link
      >
        {pipelineName}
      </Link>
      <span className={`${classes.age} cut`}>
        <FreshnessState freshness={freshness} />
      </span>
      <span className={classes.spark}>
        {days !== undefined && <DayBars values={days} noun="rows loaded" />}
      </span>
      <span className={`number ${classes.rowsLoaded}`}>
        {lastRun !== null && (
          <span title={`${formatNoun(lastRun.rows_loaded, 'row')} in the last run`}>
            {formatCompactCount(lastRun.rows_loaded)}{' '}
            <span className="quiet">{pluralOf(lastRun.rows_loaded, 'row', 'rows')}</span>
          </span>
        )}
      </span>
    </li>
  );
}
