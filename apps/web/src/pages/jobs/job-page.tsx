import { useInfiniteQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import classes from './job.module.css';
import { ActionResultLine } from './action-result.tsx';
import { DefinitionTab } from './definition-tab.tsx';
import { AttributesWithoutEffect, JobDetailLine } from './job-details-view.tsx';
import { JobIncidents } from './job-alerts.tsx';
import { JobPageActions } from './job-page-actions.tsx';
import { LoadingRows } from '../../ui/answers.tsx';
import { Page } from '../../ui/page.tsx';
import { PlainStart } from '../runs/plain-start.tsx';
import { RunState } from '../../ui/state.tsx';
import { runsOfJob } from './job-queries.ts';
import { RunsTab } from './runs-tab.tsx';
import { StarMark } from '../../ui/star-mark.tsx';
import { TabLinks } from '../../ui/tab-links.tsx';
import { useJob } from './use-job.ts';
import { useJobActions } from './use-job-actions.ts';
import { shortenJobName } from '../../details/job-name.ts';

const BackfillTab = lazy(() => import('../backfills/backfill-tab.tsx'));
const GraphTab = lazy(() => import('./graph-tab.tsx'));
const LineageView = lazy(() => import('../lineage/lineage-view.tsx'));
const ScheduleTab = lazy(() => import('./schedule-tab.tsx'));
const VersionsTab = lazy(() => import('./versions-tab.tsx'));

const tabs = [
  { tab: 'runs', label: 'Runs' },
  { tab: 'schedule', label: 'Schedule' },
  { tab: 'backfill', label: 'Backfill' },
  { tab: 'graph', label: 'Graph' },
  { tab: 'lineage', label: 'Lineage' },
  { tab: 'versions', label: 'Versions' },
  { tab: 'definition', label: 'Definition' },
] as const;

/** Job page: details, actions, runs, schedule, graph and versions. */
export function JobPage() {
  const { workspaceId, jobId, job } = useJob();
  const { tab = 'runs' } = useSearch({ from: '/signed-in/w/$workspaceId/jobs/$job' });
  const actions = useJobActions(jobId);
  const runs = useInfiniteQuery(runsOfJob(workspaceId, jobId));
  const lastRun = runs.data?.items[0] ?? null;
  // Skipped and waiting runs have no environment.
  const lastStarted = runs.data?.items.find((run) => run.started_at !== null);
  const name = shortenJobName(job.name ?? job.job_ref);
  return (
    <Page
      title={name}
      heading={
        <span className={classes.heading}>
          {name}
          {job.job_definition.expose?.starred === true && <StarMark />}
          {lastRun !== null && <RunState status={lastRun.status} />}
          {job.is_paused && <span className={classes.mark}>‖ Paused</span>}
          {job.is_archived && <span className={classes.mark}>Archived</span>}
        </span>
      }
      lead={
        <>
          <span className="mono">{job.job_ref}</span>
          {job.description != null && <span className={classes.description}> · {job.description}</span>}
          <JobDetailLine job={job} />
        </>
      }
      actions={<JobPageActions job={job} lastRun={lastRun} actions={actions} />}
    >
      {actions.result !== null && <ActionResultLine result={actions.result} onPutAway={actions.putAway} />}
      {lastStarted && <PlainStart params={{ workspace_id: workspaceId, job_run_id: lastStarted.id }} />}
      <AttributesWithoutEffect job={job} />
      <JobIncidents jobId={jobId} />
      <TabLinks label="Sections of the job" tabs={tabs} />
      {tab === 'runs' && <RunsTab />}
      <Suspense fallback={<LoadingRows />}>
        {tab === 'schedule' && <ScheduleTab />}
        {tab === 'backfill' && <BackfillTab />}
        {tab === 'graph' && <GraphTab />}
        {tab === 'lineage' && <LineageView around={`job:${job.job_ref}`} />}
        {tab === 'versions' && <VersionsTab />}
      </Suspense>
      {tab === 'definition' && <DefinitionTab job={job} />}
    </Page>
  );
}
