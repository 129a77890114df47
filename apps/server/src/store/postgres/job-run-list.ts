import type { Conditions, Sorting } from './conditions.ts';
import { createConditions, orderBy } from './conditions.ts';

export interface JobRunFilter {
  /** Part of the job's ref or display name or of a pipeline's name, or a run's number. */
  search?: string | null;
  jobId?: string | null;
  number?: number | null;
  statuses?: readonly string[] | null;
  jobTypes?: readonly string[] | null;
  previousJobRunId?: string | null;
  triggers?: readonly string[] | null;
  triggerKinds?: readonly string[] | null;
  triggeredBy?: readonly string[] | null;
  profiles?: readonly string[] | null;
  minDurationSeconds?: number | null;
  maxDurationSeconds?: number | null;
  start?: Date | null;
  end?: Date | null;
  includeSystemJobs?: boolean;
}

export type JobRunSortKey = 'created_at' | 'duration_seconds' | 'finished_at' | 'number' | 'started_at';

/** The job of the built-in dashboard; its runs are hidden unless asked for. */
const systemJobRef = 'jobs.workspace.dashboard';

const duration = 'extract(epoch from job_runs.finished_at - job_runs.started_at)';
const job = (condition: string) =>
  `exists (select 1 from jobs join job_versions on job_versions.id = jobs.current_version_id
            where jobs.id = job_runs.job_id and (${condition}))`;

const sortExpressions: Record<JobRunSortKey, string> = {
  created_at: 'job_runs.created_at',
  duration_seconds: duration,
  finished_at: 'job_runs.finished_at',
  number: 'job_runs.number',
  started_at: 'job_runs.started_at',
};

export function jobRunConditions(workspaceId: string, filter: JobRunFilter): Conditions {
  const where = createConditions();
  where.add('job_runs.workspace_id = ?', workspaceId);
  where.add('job_runs.job_id = ?', filter.jobId);
  where.add('job_runs.number = ?', filter.number);
  where.add('job_runs.status = any(?)', filter.statuses);
  where.add('job_runs.previous_job_run_id = ?', filter.previousJobRunId);
  where.add('job_runs.trigger = any(?)', filter.triggers);
  where.add('job_runs.trigger_kind = any(?)', filter.triggerKinds);
  where.add('job_runs.triggered_by = any(?::uuid[])', filter.triggeredBy);
  where.add('job_runs.profile = any(?)', filter.profiles);
  where.add('job_runs.created_at >= ?', filter.start);
  where.add('job_runs.created_at < ?', filter.end);
  where.add(`${duration} >= ?`, filter.minDurationSeconds);
  where.add(`${duration} <= ?`, filter.maxDurationSeconds);
  where.add(job('jobs.job_type = any(?)'), filter.jobTypes);
  where.add(searchCondition, filter.search?.toLowerCase());
  if (!filter.includeSystemJobs) where.add(`not ${job('jobs.job_ref = ?')}`, systemJobRef);
  return where;
}

const searchCondition = `job_runs.number::text = ?
  or ${job(`strpos(lower(jobs.job_ref), ?) > 0 or strpos(lower(job_versions.definition->'expose'->>'display_name'), ?) > 0`)}
  or exists (select 1 from pipeline_runs where pipeline_runs.job_run_id = job_runs.id
              and strpos(lower(pipeline_runs.pipeline_name), ?) > 0)`;

export function orderJobRuns(sorting: Sorting<JobRunSortKey> | null | undefined): string {
  return orderBy(sortExpressions, sorting, 'job_runs.created_at desc, job_runs.id desc');
}
