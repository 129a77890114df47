import type { ClientRelease } from './client-release.ts';
import type { JobRunResponse, RouteResponseInput } from '@pumphouse/contract';
import { toScript } from './script-serializers.ts';

const timedTrigger = /^(?:schedule|every|once):/;

export function toRun(run: JobRunResponse, { readsDefinitions }: ClientRelease) {
  return {
    id: run.id,
    workspace_id: run.workspace_id,
    number: run.number,
    status: run.status,
    // The other releases know only these two.
    trigger: readsDefinitions ? run.trigger : timedTrigger.test(run.trigger) ? 'schedule' : 'manual',
    script_version_id: run.job_version_id,
    deployment_id: run.deployment_id,
    configuration_id: run.configuration_id,
    profile: run.profile,
    triggered_by: run.triggered_by,
    prev_run_id: run.previous_job_run_id ?? null,
    interval_start: run.interval_start ?? null,
    interval_end: run.interval_end ?? null,
    time_started: run.started_at,
    time_ended: run.finished_at,
    duration: run.duration_seconds === null ? null : Math.round(run.duration_seconds),
    logs: null,
    pipeline_run_summaries: run.pipeline_run_summaries ?? [],
    date_added: run.created_at,
    date_updated: run.updated_at,
  };
}

export function toDetailedRun(run: RouteResponseInput<'get_job_run'>, release: ClientRelease) {
  return { ...toRun(run, release), script: toScript(run.job, release) };
}
