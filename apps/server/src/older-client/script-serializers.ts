import type { ClientRelease } from './client-release.ts';
import type { RouteResponseInput } from '@pumphouse/contract';

export type Job = RouteResponseInput<'get_job_run'>['job'];
type JobVersion = RouteResponseInput<'get_job_run'>['job_version'];
type Definition = Job['job_definition'];

const moduleLauncher = 'dlt._workspace.deployment.launchers.module';
const scheduleTrigger = 'schedule:';
const knownCategories = new Set(['dashboard', 'mcp', 'notebook', 'pipeline']);
const knownInterfaces = new Set(['gui', 'mcp', 'rest_api']);

/** A job with the fields of all releases. */
export function toScript(job: Job, release: ClientRelease) {
  return {
    ...describeJob(job, release),
    workspace_id: job.workspace_id,
    name: nameOf(job),
    description: job.description ?? '',
    entry_point: entryPointOf(job.job_definition),
    active: !job.is_archived,
    archived: job.is_archived ?? false,
    schedule: scheduleOf(job),
    interactive_script_type: appTypeOf(job.job_definition),
    script_url: job.job_url,
    public_url: job.public_url,
  };
}

export function toScriptVersion(version: JobVersion, release: ClientRelease) {
  return {
    ...describeJob(version, release),
    script_id: version.job_id,
    provider: version.provider,
    max_run_time_seconds: version.max_run_time_seconds,
    name: version.name ?? version.job_ref,
    description: version.description ?? '',
    entry_point: entryPointOf(version.job_definition),
    active: true,
    schedule: scheduleOf(version),
  };
}

function describeJob(job: Job | JobVersion, { readsDefinitions }: ClientRelease) {
  return {
    id: job.id,
    version: job.version,
    job_ref: job.job_ref,
    // The other releases know only the types `batch` and `interactive`.
    script_type: job.job_type === 'stream' && !readsDefinitions ? 'batch' : job.job_type,
    profile: job.profile,
    job_definition: toOlderDefinition(job.job_definition),
    job_definition_engine_version: job.job_definition_engine_version,
    job_definition_hash: job.job_definition_hash,
    triggers: job.triggers ?? [],
    default_trigger: job.default_trigger ?? null,
    deployment_module: job.deployment_module ?? null,
    freshness: job.freshness ?? [],
    pipeline_name: job.pipeline_name ?? null,
    interval_start: job.interval_start ?? null,
    interval_end: job.interval_end ?? null,
    created_by: job.created_by,
    date_added: job.created_at,
    date_updated: job.updated_at,
  };
}

/** Release 0.26 fails on null instead of an absent key, and on values that its enums lack. */
function toOlderDefinition(definition: Definition): object {
  const given = Object.fromEntries(Object.entries(definition).filter(([, value]) => value !== null));
  if (definition.expose === undefined) return given;
  const { category, interface: kind, ...expose } = definition.expose;
  return {
    ...given,
    expose: {
      ...expose,
      ...(category !== undefined && knownCategories.has(category) ? { category } : {}),
      ...(kind !== undefined && knownInterfaces.has(kind) ? { interface: kind } : {}),
    },
  };
}

/** Such as `sub/pipeline.py` for a script, or `etl::load` for a function of a module. */
function entryPointOf({ entry_point: { module, function: name } }: Definition): string {
  return name === null ? `${module.replaceAll('.', '/')}.py` : `${module}::${name}`;
}

/** A job that a user created has the name given to it, or its file. */
function nameOf(job: Job): string {
  const { job_definition: definition } = job;
  const isScript = definition.entry_point.launcher === moduleLauncher || appTypeOf(definition) !== null;
  const ownName = isScript && job.deployment_module == null ? entryPointOf(definition) : job.job_ref;
  return job.name ?? ownName;
}

function scheduleOf({ triggers }: Pick<Job, 'triggers'>): string | null {
  const trigger = triggers?.find((one) => one.startsWith(scheduleTrigger));
  return trigger?.slice(scheduleTrigger.length) ?? null;
}

function appTypeOf({ entry_point: { launcher, job_type: jobType } }: Definition): string | null {
  const name = launcher.split('.').at(-1) ?? '';
  return jobType === 'interactive' && ['marimo', 'mcp', 'streamlit'].includes(name) ? name : null;
}
