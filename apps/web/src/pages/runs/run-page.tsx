import { isTerminalRunState, type RunOverviewDetailResponse } from '@pumphouse/contract';
import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useLocation, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useMemo } from 'react';
import { ActionResultLine } from '../jobs/action-result.tsx';
import { LoadingRows } from '../../ui/answers.tsx';
import { LoadedLine } from './loaded-line.tsx';
import { LogViewer } from '../../log/log-viewer.tsx';
import type { LogPosition } from '../../log/log-position.ts';
import { Page } from '../../ui/page.tsx';
import { pendingOfRun } from '../pipelines/pending-queries.ts';
import { PhaseBar } from './phase-bar.tsx';
import { ReasonBox } from './reason-box.tsx';
import { PlainStart } from './plain-start.tsx';
import { RepeatedLoads } from './repeated-loads.tsx';
import { RunActions } from './run-actions.tsx';
import { RunDetailsLine, RunHeading } from './run-heading.tsx';
import { runTimeline, runOverview, runPipelines, type RunParams } from './run-queries.ts';
import { RunResources } from './run-resources.tsx';
import { SilentNotice, SkipNotice, UnknownNotice, WaitNotice } from './run-notices.tsx';
import { stringifySearch } from '../../search/search-params.ts';
import { TabLinks } from '../../ui/tab-links.tsx';
import { useFailureTrace } from './use-failure-trace.ts';
import { useJobActions } from '../jobs/use-job-actions.ts';
import { WaitingRunsNotice } from './waiting-runs-notice.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { shortenJobName } from '../../details/job-name.ts';

const AttemptList = lazy(() => import('./attempt-list.tsx'));
const PendingOfRun = lazy(() => import('../pipelines/pending-of-run.tsx'));
const PipelineRuns = lazy(() => import('./pipeline-runs.tsx'));
const RunDetails = lazy(() => import('./run-details.tsx'));

/** Run page: state, failure, loaded data and log. */
export function RunPage() {
  const { jobRunId } = useParams({ from: '/signed-in/w/$workspaceId/runs/$jobRunId' });
  const { id } = useWorkspace();
  // The key resets state such as the log and expanded sections when another run opens.
  return <OneRun key={jobRunId} workspaceId={id} jobRunId={jobRunId} />;
}

function OneRun({ workspaceId, jobRunId }: { workspaceId: string; jobRunId: string }) {
  const params = useMemo(
    () => ({ workspace_id: workspaceId, job_run_id: jobRunId }),
    [workspaceId, jobRunId],
  );
  const { data: run } = useSuspenseQuery(runOverview(params));
  const { data: timeline } = useQuery(runTimeline(params));
  const actions = useJobActions(run.job_id);
  const title = `${shortenJobName(run.job_name)} #${run.number}`;
  return (
    <Page
      title={title}
      heading={<RunHeading run={run} />}
      lead={<RunDetailsLine run={run} />}
      actions={<RunActions run={run} actions={actions} />}
    >
      {actions.result !== null && <ActionResultLine result={actions.result} onPutAway={actions.putAway} />}
      {run.skip !== null && <SkipNotice skip={run.skip} />}
      {run.unknown !== null && <UnknownNotice unknown={run.unknown} />}
      {run.waiting !== null && <WaitNotice waiting={run.waiting} />}
      {!isTerminalRunState(run.status) && run.status !== 'pending' && (
        <WaitingRunsNotice jobRunId={run.id} name={title} />
      )}
      {timeline && <SilentNotice timeline={timeline} />}
      {timeline && timeline.phases.length > 0 && <PhaseBar phases={timeline.phases} status={run.status} />}
      {run.reason !== null && (
        <ReasonBox params={params} reason={run.reason} failure={timeline?.failure ?? null} />
      )}
      <PendingPackages params={params} />
      <RepeatedLoads params={params} />
      <PlainStart params={params} />
      <LoadedLine params={params} />
      {run.attempt_count > 0 && <RunResources params={params} isActive={!isTerminalRunState(run.status)} />}
      <RunParts run={run} params={params} />
    </Page>
  );
}

function PendingPackages({ params }: { params: RunParams }) {
  const { data } = useQuery(pendingOfRun(params));
  if (data === undefined || data.packages.length === 0) return null;
  return (
    <Suspense fallback={null}>
      <PendingOfRun jobRunId={params.job_run_id} packages={data.packages} />
    </Suspense>
  );
}

function RunParts({ run, params }: { run: RunOverviewDetailResponse; params: RunParams }) {
  const { tab } = useSearch({ from: '/signed-in/w/$workspaceId/runs/$jobRunId' });
  const { data: pipelines } = useQuery(runPipelines(params));
  const pipelineCount = pipelines?.pipeline_runs.length ?? run.loaded?.pipeline_run_count ?? 0;
  return (
    <>
      <TabLinks
        label="Sections of the run"
        tabs={[
          { tab: 'log', label: 'Log' },
          { tab: 'pipelines', label: `Pipelines ${pipelineCount}` },
          { tab: 'attempts', label: `Attempts ${run.attempt_count}` },
          { tab: 'details', label: 'Details' },
        ]}
      />
      {(tab === undefined || tab === 'log') && <RunLog run={run} params={params} />}
      <Suspense fallback={<LoadingRows />}>
        {tab === 'pipelines' && <PipelineRuns params={params} isActive={!isTerminalRunState(run.status)} />}
        {tab === 'attempts' && <AttemptList params={params} />}
        {tab === 'details' && <RunDetails run={run} params={params} />}
      </Suspense>
    </>
  );
}

function RunLog({ run, params }: { run: RunOverviewDetailResponse; params: RunParams }) {
  const search = useSearch({ from: '/signed-in/w/$workspaceId/runs/$jobRunId' });
  const navigate = useNavigate({ from: '/w/$workspaceId/runs/$jobRunId' });
  const { pathname } = useLocation();
  const position: LogPosition = search;
  const isActive = !isTerminalRunState(run.status);
  const { lineNumber } = useFailureTrace(params, run.reason);
  return (
    <LogViewer
      params={params}
      isActive={isActive}
      // The end shows current output, or the last output before a failure.
      opensAtEnd={isActive || run.status === 'failed'}
      opensAtLine={lineNumber === null ? null : lineNumber - 1}
      position={position}
      onPosition={(change) =>
        void navigate({
          search: (before) => ({ ...before, ...change }),
          replace: true,
          resetScroll: false,
        })
      }
      hrefOf={(other) => `${location.origin}${pathname}${stringifySearch({ ...search, ...other })}`}
    />
  );
}
