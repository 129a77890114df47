import type { Handlers } from '../handler.ts';
import type { JobFilter, JobRunFilter } from '../../store/records.ts';
import type { NameSlots } from '../../services/runs/name-slots.ts';
import type { CountRuns } from '../../services/runs/count-runs.ts';
import type { ReadJobOverviews } from '../../services/jobs/read-job-overviews.ts';
import type { ReadRunOverviews } from '../../services/runs/read-run-overviews.ts';
import type { ReadRunSeries } from '../../services/runs/read-run-series.ts';
import type { RouteQuery } from '@pumphouse/contract';
import { readerOf } from '../handler.ts';
import { activeRunStates, isTerminalRunState, runStates } from '@pumphouse/contract';
import { readPaging, toPage } from '../serializers/pages.ts';
import { readWindow } from '../../services/paging/read-page.ts';
import {
  toJobOverview,
  toRunCounts,
  toRunOverview,
  toRunOverviewDetail,
  toTrendRun,
} from './overviews-serializers.ts';

type Operations =
  | 'list_run_overviews'
  | 'count_run_overviews'
  | 'get_run_overview'
  | 'list_run_series'
  | 'list_job_overviews'
  | 'get_job_trend';

/** Handlers for the console's lists of runs and jobs. */
export function createOverviewHandlers(services: {
  readRunOverviews: ReadRunOverviews;
  readJobOverviews: ReadJobOverviews;
  readRunSeries: ReadRunSeries;
  countRuns: CountRuns;
  nameSlots: NameSlots;
}): Pick<Handlers, Operations> {
  const { readRunOverviews, readJobOverviews, readRunSeries } = services;
  return {
    async list_run_overviews({ params, query }) {
      const paging = readPaging(query, `list_run_overviews ${params.workspace_id}`);
      const filter = { ...toRunFilter(query), statuses: chooseStatuses(query) };
      const page = await readRunOverviews.list(params.workspace_id, filter, paging);
      return toPage(page, query, toRunOverview);
    },

    async count_run_overviews({ params, query }) {
      const { timezone, buckets: maxBuckets } = query;
      const filter = { ...toRunFilter(query), statuses: chooseStatuses(query) };
      return toRunCounts(await services.countRuns(params.workspace_id, { filter, timezone, maxBuckets }));
    },

    async get_run_overview({ params, authorization }) {
      const detail = await readRunOverviews.get(params.workspace_id, params.job_run_id);
      const run = await services.nameSlots(detail.run, readerOf(authorization));
      return toRunOverviewDetail({ ...detail, run });
    },

    async list_run_series({ params, query }) {
      const { timezone, bucket } = query;
      const { buckets, total, now } = await readRunSeries(params.workspace_id, { window: query, bucket });
      return {
        timezone,
        bucket,
        buckets: buckets.map(({ startMs, endMs, counts }) => ({
          start: new Date(startMs).toISOString(),
          end: new Date(endMs).toISOString(),
          ...counts,
        })),
        total,
        now: {
          last_24_hours: now.lastDay,
          running: now.running,
          pending: now.pending,
          jobs_failing: now.failingJobs,
        },
      };
    },

    async list_job_overviews({ params, query }) {
      const paging = readPaging(query, `list_job_overviews ${params.workspace_id}`);
      const page = await readJobOverviews.list(params.workspace_id, toJobFilter(query), paging);
      return toPage(page, query, toJobOverview);
    },

    async get_job_trend({ params, query }) {
      const runs = await readRunOverviews.trend(params.workspace_id, params.job_id, query.limit);
      return { runs: runs.map(toTrendRun) };
    },
  };
}

/** The filter without states. No run is hidden, so that the totals of the series match this list. */
function toRunFilter(query: Omit<RouteQuery<'count_run_overviews'>, 'buckets'>): JobRunFilter {
  return {
    ...readWindow(query),
    includeSystemJobs: true,
    search: query.q ?? null,
    jobId: query.job_id ?? null,
    backfillId: query.backfill_id ?? null,
    waitingFor: query.waiting_for ?? null,
    deploymentId: query.deployment_id ?? null,
    configurationId: query.configuration_id ?? null,
    triggerKinds: query.trigger_kind ?? null,
    profiles: query.profile ?? null,
    pipelineNames: query.pipeline_name ?? null,
    tags: query.tags ?? null,
    leaveOutSkipped: !query.include_skipped,
    onlyUnknown: query.is_unknown,
  };
}

type StatusQuery = Partial<Pick<RouteQuery<'list_run_overviews'>, 'status' | 'is_active' | 'waiting_for'>>;

function chooseStatuses({
  status,
  waiting_for: waitingFor,
  ...query
}: StatusQuery): readonly string[] | null {
  // Only active runs wait, and there are few of them.
  const isActive = waitingFor === undefined ? query.is_active : true;
  if (isActive === undefined) return status ?? null;
  const asked = isActive ? activeRunStates : runStates.filter(isTerminalRunState);
  return status ? status.filter((each) => asked.some((state) => state === each)) : asked;
}

function toJobFilter(query: RouteQuery<'list_job_overviews'>): JobFilter {
  return {
    search: query.q ?? null,
    statuses: query.status ?? null,
    triggerKinds: query.trigger_kind ?? null,
    tags: query.tags ?? null,
    jobTypes: query.job_type ?? null,
    isPaused: query.is_paused ?? null,
    isArchived: query.is_archived ?? null,
    isStarred: query.is_starred ?? null,
  };
}
