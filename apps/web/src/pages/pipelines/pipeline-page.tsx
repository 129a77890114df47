import type { PipelineOverviewResponse } from '@pumphouse/contract';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { DailyCharts } from '../../charts/daily-charts.tsx';
import type { DaySpan } from '../../charts/daily-trends.ts';
import { pipelineOverview, seriesOfPipeline } from '../../data/data-queries.ts';
import { DaysChoice } from '../../ui/days-choice.tsx';
import { ErrorNotice, LoadingRows } from '../../ui/answers.tsx';
import { HistoryTab } from './history-tab.tsx';
import { JobsTab } from './jobs-tab.tsx';
import { OpenData } from '../apps/open-data.tsx';
import { Page, Strip } from '../../ui/page.tsx';
import { PipelineLead, PipelineNotices } from './pipeline-head.tsx';
import { RunsTab } from './runs-tab.tsx';
import { TableSection } from './table-section.tsx';
import { TabLinks } from '../../ui/tab-links.tsx';
import { usualNotes } from './usual-notes.ts';
import { useWorkspace } from '../../workspace/use-workspace.ts';

const LineageView = lazy(() => import('../lineage/lineage-view.tsx'));
const SchemaTab = lazy(() => import('./schema/schema-tab.tsx'));

const tabs = [
  { tab: 'tables', label: 'Tables' },
  { tab: 'runs', label: 'Runs' },
  { tab: 'schema', label: 'Schema' },
  { tab: 'history', label: 'Schema history' },
  { tab: 'lineage', label: 'Lineage' },
  { tab: 'jobs', label: 'Jobs and state' },
] as const;

/** Pipeline page, covering all jobs that run the pipeline. */
export function PipelinePage() {
  const workspace = useWorkspace();
  const { pipelineName } = useParams({ from: '/signed-in/w/$workspaceId/pipelines/$pipelineName' });
  const search = useSearch({ from: '/signed-in/w/$workspaceId/pipelines/$pipelineName' });
  const navigate = useNavigate({ from: '/w/$workspaceId/pipelines/$pipelineName' });
  const { data: overview } = useSuspenseQuery(pipelineOverview(workspace.id, pipelineName));
  const series = useQuery(seriesOfPipeline(workspace.id, pipelineName, search.days));
  const showRunsOf = ({ start, end }: DaySpan) =>
    void navigate({
      search: (before) => ({ ...before, tab: 'runs' as const, from: start, to: end, run: undefined }),
      resetScroll: false,
    });
  return (
    <Page
      title={pipelineName}
      lead={<PipelineLead overview={overview} />}
      actions={
        <>
          <OpenPipeline overview={overview} />
          <DaysChoice />
        </>
      }
    >
      <PipelineNotices overview={overview} />
      <Strip label="By day, all jobs">
        {series.error && <ErrorNotice error={series.error} onRetry={() => void series.refetch()} />}
        {series.data && (
          <DailyCharts
            days={series.data.days}
            sums={series.data.total}
            notes={usualNotes(overview)}
            onPick={showRunsOf}
          />
        )}
      </Strip>
      <TabLinks label="Sections of the pipeline" tabs={tabs} />
      {(search.tab ?? 'tables') === 'tables' && <PipelineTables overview={overview} />}
      {search.tab === 'runs' && <RunsTab pipelineName={pipelineName} />}
      {search.tab === 'schema' && (
        <Suspense fallback={<LoadingRows />}>
          <SchemaTab pipelineName={pipelineName} />
        </Suspense>
      )}
      {search.tab === 'history' && <HistoryTab pipelineName={pipelineName} />}
      {search.tab === 'lineage' && (
        <Suspense fallback={<LoadingRows />}>
          <LineageView around={`pipeline:${pipelineName}`} />
        </Suspense>
      )}
      {search.tab === 'jobs' && <JobsTab overview={overview} />}
    </Page>
  );
}

function OpenPipeline({ overview }: { overview: PipelineOverviewResponse }) {
  const {
    pipeline_name: pipelineName,
    dataset_name: datasetName,
    destination_name: destinationName,
  } = overview;
  // Without a load there are no rows to open.
  if (datasetName === null) return null;
  return <OpenData data={{ pipelineName, datasetName, tableName: null, destinationName }} />;
}

function PipelineTables({ overview }: { overview: PipelineOverviewResponse }) {
  const pipeline_name = overview.pipeline_name;
  return (
    <TableSection
      datasetName={overview.dataset_name}
      tables={overview.tables.map((each) => ({ ...each, pipeline_name }))}
      runCount={overview.tables_run_count}
      isCut={overview.are_tables_cut}
    />
  );
}
