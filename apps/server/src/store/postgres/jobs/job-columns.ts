import type { Statement } from '../statements/named.ts';
import { columns } from '../statements/columns.ts';
import { isDeployedJob } from './deployed-jobs.ts';
import { named } from '../statements/named.ts';
import { nextTickOfJob } from './job-list.ts';

const ownColumns = columns('jobs', [
  'id',
  'workspace_id',
  'job_ref',
  'job_type',
  'version',
  'current_version_id',
  'deployment_module',
  'profile',
  'triggers',
  'default_trigger',
  'is_archived',
  'is_paused',
  'completed_interval_end',
  'last_completed_at',
  'refresh_pending',
  'upstream_refs',
  'created_by',
  'created_at',
  'updated_at',
]);
/** The valid public link of a job; read only for interactive jobs, because only apps have one. */
const publicLinkOfJob = `(select app_publications.sealed_secret from app_publications
  where jobs.job_type = 'interactive' and app_publications.job_id = jobs.id and app_publications.ended_at is null
    and (app_publications.expires_at is null or app_publications.expires_at > now()))`;
const portOfJob = `(select app_ports.port from app_ports where jobs.job_type = 'interactive' and app_ports.job_id = jobs.id)`;
/** The columns of a job without the content of its current version. */
export const jobColumns = `${ownColumns}, ${nextTickOfJob} as "nextScheduledRunAt", ${publicLinkOfJob} as "sealedPublicLink",
  ${portOfJob} as "appPort"`;
/** The columns of a version that are derived from its definition. */
export const contentColumns = columns('job_versions', [
  'definition',
  'definition_hash',
  'engine_version',
  'description',
  'max_run_time_seconds',
]);
/** Selects jobs with the content of their current versions. */
export const selectJobs = `select ${jobColumns}, ${contentColumns}
  from jobs join job_versions on job_versions.id = jobs.current_version_id`;

/** Selects all deployed jobs of a workspace, including archived ones, newest first. */
export function selectDeployedJobs(workspaceId: string): Statement {
  return named(
    `${selectJobs} where jobs.workspace_id = :workspaceId and ${isDeployedJob} order by jobs.created_at desc, jobs.id`,
    { workspaceId },
  );
}
