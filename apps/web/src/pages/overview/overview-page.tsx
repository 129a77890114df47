import { useQuery } from '@tanstack/react-query';
import { useSearch } from '@tanstack/react-router';
import classes from './overview.module.css';
import { Attention } from './attention-list.tsx';
import { FirstSteps } from '../first-steps/first-steps.tsx';
import { listFailing } from './attention.ts';
import {
  listLongWaits,
  listOpenIncidents,
  listOverdueTicks,
  omitPipelinesOfFailingJobs,
} from './long-waits.ts';
import { LoadedPipelines } from './loaded-pipelines.tsx';
import { LoadingRows, ErrorNotice } from '../../ui/answers.tsx';
import { NextStarts } from './next-starts.tsx';
import { overviewQueries } from './overview-queries.ts';
import { Page } from '../../ui/page.tsx';
import { RecentTimeline } from './recent-timeline.tsx';
import { RunningNow } from './running-now.tsx';
import { RunSummary } from './run-summary.tsx';
import { SchemaChanges } from './schema-changes.tsx';
import { useEmptyWorkspace } from '../first-steps/use-empty-workspace.ts';
import { useNow } from '../../ui/time.tsx';
import { useWorkspace } from '../../workspace/use-workspace.ts';
import { useWorkspaceTags } from '../versions/deployment-tags.tsx';

/** Workspace overview: attention list, runs, loads, schema changes and next starts. */
export function OverviewPage() {
  const { id: workspaceId, me } = useWorkspace();
  const { window = '24h' } = useSearch({ from: '/signed-in/w/$workspaceId/' });
  // The query of the week starts at a full hour, so render again every hour.
  useNow(3600);
  const queries = overviewQueries(workspaceId, window);
  const series = useQuery({ ...queries.series, placeholderData: (before) => before });
  const failing = useQuery(queries.failing);
  const recent = useQuery(queries.recent);
  const waiting = useQuery(queries.waiting);
  const unknown = useQuery(queries.unknown);
  const ticks = useQuery(queries.ticks);
  const stale = useQuery(queries.stale);
  const incidents = useQuery(queries.incidents);
  const now = new Date(useNow(30));
  const jobs = recent.data?.items ?? [];
  const failingJobs = listFailing(failing.data?.items ?? [], jobs);
  const isEmpty = useEmptyWorkspace();
  const title = me.workspace.name;
  const tags = useWorkspaceTags();

  if (recent.isPending) {
    return (
      <Page title={title}>
        <LoadingRows count={12} />
      </Page>
    );
  }
  if (isEmpty === true) {
    return (
      <Page title={title}>
        <FirstSteps hasJobs={jobs.length > 0} />
        {jobs.length > 0 && <NextStarts query={queries.starts} />}
      </Page>
    );
  }
  return (
    <Page title={title} lead={tags}>
      {recent.error && <ErrorNotice error={recent.error} onRetry={() => void recent.refetch()} />}
      <Attention
        failing={failingJobs}
        total={series.data?.now.jobs_failing ?? null}
        unknown={unknown.data?.items ?? []}
        waits={listLongWaits(waiting.data?.items ?? [], now)}
        overdue={listOverdueTicks(ticks.data?.items ?? [], now)}
        stale={omitPipelinesOfFailingJobs(stale.data?.items ?? [], failingJobs)}
        incidents={listOpenIncidents(incidents.data?.items ?? [])}
        isWhole={[failing, unknown, waiting, ticks, stale, incidents].every(({ isSuccess }) => isSuccess)}
      />
      <RunSummary series={series.data} error={series.error} window={window} />
      <RunningNow query={queries.active} jobs={jobs} />
      <RecentTimeline window={window} jobCount={jobs.filter(({ last_run: run }) => run !== null).length} />
      <div className={classes.columns}>
        <LoadedPipelines stale={queries.stale} fresh={queries.fresh} days={queries.days} />
        <SchemaChanges query={queries.changes} />
        <NextStarts query={queries.starts} />
      </div>
    </Page>
  );
}
