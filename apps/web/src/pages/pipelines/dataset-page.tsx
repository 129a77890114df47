import type { DatasetOverviewResponse } from '@pumphouse/contract';
import { useInfiniteQuery, useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { Link, useParams, useSearch } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import classes from './pipelines.module.css';
import table from '../../ui/table.module.css';
import { changesOfDataset, datasetOverview, seriesOfDataset } from '../../data/data-queries.ts';
import { DailyCharts } from '../../charts/daily-charts.tsx';
import { DaysChoice } from '../../ui/days-choice.tsx';
import { describeOldFigures } from '../../details/freshness.ts';
import { Empty, ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import { formatNoun } from '../../ui/format.ts';
import { FailedRun } from './failed-run.tsx';
import { FreshnessState } from '../../details/freshness-state.tsx';
import { LastRun } from './last-run.tsx';
import { MoreRows } from '../../ui/more-rows.tsx';
import { Notice } from '../../ui/notice.tsx';
import { OpenData } from '../apps/open-data.tsx';
import { Page, Section, Strip } from '../../ui/page.tsx';
import { SchemaTimeline } from '../../details/schema-timeline.tsx';
import { TableSection } from './table-section.tsx';
import { useNow } from '../../ui/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';

const LineageView = lazy(() => import('../lineage/lineage-view.tsx'));

/**
 * Dataset page: writing pipelines, tables and schema changes. All data comes from run reports; the
 * destination is never queried.
 */
export function DatasetPage() {
  const { id: workspaceId } = useWorkspace();
  const { datasetName } = useParams({ from: '/signed-in/w/$workspaceId/datasets/$datasetName' });
  const { days } = useSearch({ from: '/signed-in/w/$workspaceId/datasets/$datasetName' });
  const { data: overview } = useSuspenseQuery(datasetOverview(workspaceId, datasetName));
  const series = useQuery(seriesOfDataset(workspaceId, datasetName, days));
  const { last_run: last, freshness } = overview;
  const now = new Date(useNow(60));
  const old = describeOldFigures(last?.created_at, freshness.expected_every_seconds, now);
  return (
    <Page
      title={datasetName}
      lead={<Lead overview={overview} />}
      actions={
        <>
          <OpenDataset overview={overview} />
          <DaysChoice />
        </>
      }
    >
      {last?.status === 'failed' && <FailedRun run={last} />}
      {old !== null && <Notice>{old}</Notice>}
      <Strip label="By day, all pipelines">
        {series.error && <ErrorNotice error={series.error} onRetry={() => void series.refetch()} />}
        {series.data && <DailyCharts days={series.data.days} sums={series.data.total} />}
      </Strip>
      <Writers overview={overview} />
      <TableSection
        datasetName={datasetName}
        tables={overview.tables}
        runCount={overview.tables_run_count}
        isCut={overview.are_tables_cut}
        hasPipelines
      />
      <Suspense fallback={<LoadingRows />}>
        <LineageView around={`dataset:${datasetName}`} />
      </Suspense>
      <Changes datasetName={datasetName} />
    </Page>
  );
}

/** Opens the dataset as its last pipeline knows it: an app attaches to one pipeline. */
function OpenDataset({ overview }: { overview: DatasetOverviewResponse }) {
  const pipelineName = overview.last_run?.pipeline_name ?? overview.pipelines[0]?.pipeline_name;
  if (pipelineName === undefined) return null;
  return (
    <OpenData
      data={{
        pipelineName,
        datasetName: overview.dataset_name,
        tableName: null,
        destinationName: overview.destinations[0]?.name ?? null,
      }}
    />
  );
}

function Lead({ overview }: { overview: DatasetOverviewResponse }) {
  return (
    <span className={classes.lead}>
      <span>in {overview.destinations.map(({ name }) => name).join(', ') || 'an unknown destination'}</span>
      <FreshnessState freshness={overview.freshness} />
      <span>{formatNoun(overview.schema_change_count_30_days, 'schema change')} in 30 days</span>
    </span>
  );
}

function Writers({ overview }: { overview: DatasetOverviewResponse }) {
  const { id: workspaceId } = useWorkspace();
  return (
    <Section title="Written by">
      <div className={table.scroll}>
        <table className={table.table} aria-label="Pipelines that write the dataset">
          <thead>
            <tr>
              <th scope="col">Pipeline</th>
              <th scope="col">Last run</th>
              <th scope="col">Freshness</th>
            </tr>
          </thead>
          <tbody>
            {overview.pipelines.map(({ pipeline_name: pipelineName, last_run: last, freshness }) => (
              <tr key={pipelineName} data-row>
                <td>
                  <Link
                    to="/w/$workspaceId/pipelines/$pipelineName"
                    params={{ workspaceId, pipelineName }}
                    className={classes.name}
                    data-row-link
                  >
                    {pipelineName}
                  </Link>
                </td>
                <td data-wide="true">
                  <LastRun run={last} />
                </td>
                <td>
                  <FreshnessState freshness={freshness} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}

function Changes({ datasetName }: { datasetName: string }) {
  const { id: workspaceId } = useWorkspace();
  const list = useInfiniteQuery(changesOfDataset(workspaceId, datasetName));
  return (
    <Section title="Schema changes">
      {list.error && <ErrorNotice error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <LoadingRows />}
      {list.data?.items.length === 0 && (
        <Empty title="No schema yet">Runs report the schema of the data that they load.</Empty>
      )}
      {list.data && <SchemaTimeline versions={list.data.items} hasPipelines />}
      <MoreRows
        hasMore={list.hasNextPage}
        isLoading={list.isFetchingNextPage}
        onMore={() => void list.fetchNextPage()}
      />
    </Section>
  );
}
