import type { JobRecord, JobVersionRecord } from '../../store/records.ts';
import type { RequestUrls } from '../serializers/request-urls.ts';
import type { RouteResponseInput } from '@pumphouse/contract';
import { getDefaultTrigger, getTimeZone, listTriggers } from '../../domain/jobs/job-definition.ts';
import { parseIsoInstant } from '../../domain/primitives/time-zone.ts';
import { toInstant, toInstantOrNull } from '../serializers/instants.ts';

export type JobResponseInput = RouteResponseInput<'get_job_run'>['job'];
export type JobVersionInput = RouteResponseInput<'get_job_run'>['job_version'];

/** The client requires an integer here and reads 0 as no limit. */
const noTimeLimit = 0;

/**
 * Converts a job. The definition has exactly the keys that were deployed: the client rejects added or null
 * keys.
 */
export function toJob(job: JobRecord, { apps }: Pick<RequestUrls, 'apps'>): JobResponseInput {
  return {
    id: job.id,
    workspace_id: job.workspaceId,
    job_ref: job.jobRef,
    job_type: job.jobType,
    job_url: apps.urlOf(job),
    public_url: apps.publicUrlOf(job),
    profile: job.profile,
    version: job.version,
    triggers: job.triggers,
    default_trigger: job.defaultTrigger,
    deployment_module: job.deploymentModule,
    is_archived: job.isArchived,
    is_paused: job.isPaused,
    next_scheduled_run_at: toInstantOrNull(job.nextScheduledRunAt),
    created_by: job.createdBy,
    created_at: toInstant(job.createdAt),
    updated_at: toInstant(job.updatedAt),
    ...describeDefinition(job),
  };
}

/** A version never changes, so `updated_at` is its creation time. */
export function toJobVersion(version: JobVersionRecord, job: JobRecord): JobVersionInput {
  const { definition, maxRunTimeSeconds } = version;
  return {
    id: version.id,
    job_id: version.jobId,
    job_ref: definition.job_ref,
    job_type: definition.entry_point.job_type,
    profile: version.profile,
    provider: 'local',
    instance_size: definition.require?.instance?.size ?? null,
    version: version.version,
    max_run_time_seconds: maxRunTimeSeconds === null ? noTimeLimit : Math.ceil(maxRunTimeSeconds),
    triggers: listTriggers(definition),
    default_trigger: getDefaultTrigger(definition),
    deployment_module: job.deploymentModule,
    created_by: version.createdBy,
    created_at: toInstant(version.createdAt),
    updated_at: toInstant(version.createdAt),
    ...describeDefinition(version),
  };
}

type Described = Pick<JobRecord, 'definition' | 'definitionHash' | 'engineVersion' | 'description'>;

/** Fields of the definition that jobs and job versions share. */
function describeDefinition(record: Described) {
  const { definition } = record;
  const zone = getTimeZone(definition);
  const bound = (text: string | undefined) =>
    toInstantOrNull(text === undefined ? null : parseIsoInstant(text, zone));
  return {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the contract also types keys that the server only stores
    job_definition: definition as JobResponseInput['job_definition'],
    job_definition_engine_version: record.engineVersion,
    job_definition_hash: record.definitionHash,
    description: record.description,
    name: definition.expose?.display_name ?? null,
    pipeline_name: definition.deliver?.pipeline_name ?? null,
    freshness: definition.freshness ?? [],
    interval_start: bound(definition.interval?.start),
    interval_end: bound(definition.interval?.end),
  };
}
