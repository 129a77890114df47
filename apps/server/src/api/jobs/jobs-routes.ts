import type { Handlers } from '../handler.ts';
import type { JobFilter } from '../../store/records.ts';
import type { NestedRuns, ReadJobs } from '../../services/jobs/read-jobs.ts';
import type { RequestUrls } from '../serializers/request-urls.ts';
import type { RouteParams, RouteQuery, RouteResponseInput } from '@pumphouse/contract';
import type { StartedJob, StartRuns } from '../../services/runs/start-runs.ts';
import type { StartJob } from '../../services/runs/start-job.ts';
import type { SwitchJobs } from '../../services/jobs/switch-jobs.ts';
import { readPaging, toPage } from '../serializers/pages.ts';
import { readWindow } from '../../services/paging/read-page.ts';
import { toDetailedJob, toJobRun } from '../runs/job-runs-serializers.ts';
import { toJob } from './jobs-serializers.ts';
import { isByViewer, workspaceOf } from '../handler.ts';

type Switch = 'archive_job' | 'unarchive_job' | 'pause_job' | 'resume_job';

export function createJobHandlers(services: {
  readJobs: ReadJobs;
  startRuns: StartRuns;
  startJob: StartJob;
  switchJobs: SwitchJobs;
}): Pick<Handlers, 'list_jobs' | 'get_job' | 'trigger_jobs' | 'start_job' | Switch> {
  const { readJobs, startRuns, startJob, switchJobs } = services;
  return {
    async list_jobs({ params, query, ...at }) {
      const nested: NestedRuns = {
        recentLimit: query.recent_job_runs_limit ?? null,
        downstreamLimit: query.downstream_job_runs_limit ?? null,
        downstreamCategory: query.downstream_job_runs_category ?? null,
      };
      const paging = readPaging(query, `list_jobs ${params.workspace_id}`);
      const page = await readJobs.list(params.workspace_id, toFilter(query), paging, nested);
      return toPage(page, query, (job) => toDetailedJob(job, at));
    },

    async get_job({ params, query, ...at }) {
      const nested: NestedRuns = {
        recentLimit: query.recent_job_runs_limit ?? null,
        downstreamLimit: null,
        downstreamCategory: null,
      };
      return toDetailedJob(await readJobs.get(params.workspace_id, params.job_id, nested), at);
    },

    async trigger_jobs(call) {
      const { body } = call;
      const result = await startRuns.trigger({
        ...workspaceOf(call),
        jobIds: body.job_ids ?? [],
        selectors: body.selectors ?? [],
        profile: body.profile ?? null,
        refresh: body.refresh,
        dryRun: body.dry_run,
        isByViewer: isByViewer(call),
      });
      return {
        succeeded: result.succeeded.map((job) => toTriggeredJob(job, call)),
        skipped: result.skipped.map((job) => toTriggeredJob(job, call)),
        failed: result.failed.map(({ ref, detail }) => ({ ref, detail })),
      };
    },

    async start_job(call) {
      const { body, params } = call;
      const started = await startJob({
        ...workspaceOf(call),
        jobId: params.job_id,
        input: body.input,
        profile: body.profile ?? null,
        refresh: body.refresh,
        skipFreshness: body.skip_freshness,
        isByViewer: isByViewer(call),
      });
      return toTriggeredJob(started, call);
    },

    archive_job: async (call) => toJob(await switchJobs.archive(scopeOf(call.params)), call),
    unarchive_job: async (call) => toJob(await switchJobs.unarchive(scopeOf(call.params)), call),
    pause_job: async (call) => toJob(await switchJobs.pause(scopeOf(call.params)), call),
    resume_job: async (call) => toJob(await switchJobs.resume(scopeOf(call.params)), call),
  };
}

function scopeOf(params: RouteParams<Switch>) {
  return { workspaceId: params.workspace_id, jobId: params.job_id };
}

function toFilter(query: RouteQuery<'list_jobs'>): JobFilter {
  return {
    ...readWindow(query),
    ref: query.ref ?? null,
    search: query.q ?? null,
    jobTypes: query.job_type ?? null,
    isArchived: query.is_archived ?? null,
    isPaused: query.is_paused ?? null,
    profiles: query.profile ?? null,
    pipelineNames: query.pipeline_name ?? null,
    statuses: query.status ?? null,
    triggerKinds: query.trigger_kind ?? null,
    isSelfFiring: query.is_self_firing ?? null,
    categories: query.category ?? null,
    excludedCategories: query.exclude_category ?? null,
    tags: query.tags ?? null,
  };
}

type TriggeredJobInput = RouteResponseInput<'trigger_jobs'>['succeeded'][number];

/** A dry run has no run, so both keys are absent. */
function toTriggeredJob(started: StartedJob, at: Pick<RequestUrls, 'origin'>): TriggeredJobInput {
  const { job, run } = started;
  return {
    job_id: job.id,
    job_ref: job.jobRef,
    trigger: started.trigger,
    matched_triggers: started.matchedTriggers,
    status: started.status,
    reasons: started.reasons,
    ...(run ? { job_run_id: run.id, job_run: toJobRun(run, [], at) } : {}),
  };
}
