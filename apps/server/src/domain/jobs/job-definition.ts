import type { RefreshPropagation } from '../scheduling/refresh.ts';
import { isTimedTrigger, readTriggerType } from './trigger.ts';

export const JOB_TYPES = ['batch', 'interactive', 'stream'] as const;
export type JobType = (typeof JOB_TYPES)[number];

export const JOB_INTERFACES = ['gui', 'rest_api', 'mcp'] as const;
export type JobInterface = (typeof JOB_INTERFACES)[number];

export const JOB_CATEGORIES = ['pipeline', 'mcp', 'dashboard', 'notebook', 'background_agent'] as const;
export type JobCategory = (typeof JOB_CATEGORIES)[number];

export const INSTANCE_SIZES = ['small', 'medium', 'large', 'xlarge'] as const;
export type InstanceSize = (typeof INSTANCE_SIZES)[number];

export const INCREMENTAL_MODES = ['interval', 'pipeline'] as const;
export type IncrementalMode = (typeof INCREMENTAL_MODES)[number];

export const AUTO_REFRESH_PIPELINE_MODES = ['drop_sources', 'drop_resources', 'drop_data'] as const;
export type AutoRefreshPipelineMode = (typeof AUTO_REFRESH_PIPELINE_MODES)[number];

/**
 * A job definition of engine version 2 as the dlt client sends it. It is stored and echoed as it came, unknown keys
 * included and absent keys absent: the client reads it back strictly.
 */
export interface JobDefinition {
  engine_version: number;
  job_ref: string;
  entry_point: JobEntryPoint;
  triggers: string[];
  execute: JobExecute;
  default_trigger?: string;
  description?: string;
  expose?: JobExpose;
  config_keys?: string[];
  inputs?: Record<string, unknown>;
  output?: Record<string, unknown>;
  deliver?: { source_ref?: string; pipeline_name?: string; deadline?: string; [key: string]: unknown };
  interval?: DeclaredInterval;
  freshness?: string[];
  incremental_mode?: IncrementalMode;
  refresh_propagation?: RefreshPropagation;
  auto_refresh_pipeline_mode?: AutoRefreshPipelineMode;
  require?: JobRequire;
  access?: Record<string, unknown>;
  agent?: { engine_version: number; name: string; [key: string]: unknown };
  [key: string]: unknown;
}

export interface JobEntryPoint {
  module: string;
  function: string | null;
  job_type: JobType;
  launcher: string;
  [key: string]: unknown;
}

/** `timeout` is in seconds; for an interactive job it is idle time. `concurrency` missing means 1, null no limit. */
export interface JobExecute {
  timeout?: { timeout?: number; grace_period?: number; [key: string]: unknown } | null;
  concurrency?: number | null;
  intercept_signals?: boolean;
  [key: string]: unknown;
}

export interface JobExpose {
  display_name?: string;
  tags?: string[] | string;
  starred?: boolean;
  manual?: boolean;
  interface?: JobInterface;
  category?: JobCategory;
  object_input?: { entity_type: string; input: string; [key: string]: unknown };
  [key: string]: unknown;
}

export interface JobRequire {
  dependency_groups?: string[];
  profile?: string;
  provider?: string;
  instance?: { size?: InstanceSize; [key: string]: unknown };
  region?: string;
  timezone?: string;
  static_egress_ips?: boolean;
  [key: string]: unknown;
}

/** A bounded window of work: ISO 8601 texts, wall clock of the job's zone where they carry no offset. */
export interface DeclaredInterval {
  start: string;
  end?: string;
  mode?: 'sequential' | 'parallel';
  [key: string]: unknown;
}

const DEFAULT_BATCH_TIMEOUT_SECONDS = 120 * 60;
const DEFAULT_GRACE_SECONDS = 30;
const NEVER_DEFAULT_TRIGGERS = new Set(['manual', 'deployment', 'job.success', 'job.fail']);

/** The zone in which a job's schedule and naive dates are read. */
export function getTimeZone(definition: Pick<JobDefinition, 'require'>): string {
  return definition.require?.timezone ?? 'UTC';
}

/** The tags of a job; a module's own `__expose__` may hold a single text instead of a list. */
export function listTags(definition: Pick<JobDefinition, 'expose'>): string[] {
  const tags = definition.expose?.tags ?? [];
  return typeof tags === 'string' ? [tags] : tags;
}

/**
 * All triggers of a job: the declared ones, `tag:` for each tag, `manual:` unless switched off, and `pipeline_name:`.
 * Each once, in that order. The API shows these, and selectors match them.
 */
export function listTriggers(
  definition: Pick<JobDefinition, 'job_ref' | 'triggers' | 'expose' | 'deliver'>,
): string[] {
  const triggers = [...definition.triggers, ...listTags(definition).map((tag) => `tag:${tag}`)];
  if (definition.expose?.manual !== false) triggers.push(`manual:${definition.job_ref}`);
  const pipelineName = definition.deliver?.pipeline_name;
  if (pipelineName) triggers.push(`pipeline_name:${pipelineName}`);
  return [...new Set(triggers)];
}

/**
 * The default trigger: as the client stored it, else the first `schedule:` or `every:`, else the first declared one
 * that is no `manual:`, `deployment:` or job event, else null.
 */
export function getDefaultTrigger(
  definition: Pick<JobDefinition, 'triggers' | 'default_trigger'>,
): string | null {
  if (definition.default_trigger !== undefined) return definition.default_trigger;
  const other = definition.triggers.find(
    (trigger) => !NEVER_DEFAULT_TRIGGERS.has(readTriggerType(trigger) ?? 'manual'),
  );
  return findTimedTrigger(definition) ?? other ?? null;
}

/** The `schedule:` or `every:` trigger of a job (at most one is allowed), or null. */
export function findTimedTrigger(definition: Pick<JobDefinition, 'triggers'>): string | null {
  return definition.triggers.find(isTimedTrigger) ?? null;
}

/** Whether a clock starts the job, again and again or once: only such a job can be paused. */
export function isScheduled(definition: Pick<JobDefinition, 'triggers'>): boolean {
  return definition.triggers.some(
    (trigger) => isTimedTrigger(trigger) || readTriggerType(trigger) === 'once',
  );
}

/**
 * Seconds after which a run is stopped, null for no limit: 120 minutes for batch unless declared. Interactive jobs
 * have none, theirs is an idle time (getIdleTimeoutSeconds).
 */
export function getTimeoutSeconds(definition: Pick<JobDefinition, 'entry_point' | 'execute'>): number | null {
  const jobType = definition.entry_point.job_type;
  if (jobType === 'interactive') return null;
  const { timeout } = definition.execute;
  if (timeout === null) return null;
  return timeout?.timeout ?? (jobType === 'batch' ? DEFAULT_BATCH_TIMEOUT_SECONDS : null);
}

/** Seconds without a visitor after which an interactive job is stopped; null when it declares none or is not one. */
export function getIdleTimeoutSeconds(
  definition: Pick<JobDefinition, 'entry_point' | 'execute'>,
): number | null {
  if (definition.entry_point.job_type !== 'interactive') return null;
  return definition.execute.timeout?.timeout ?? null;
}

/** Seconds between TERM and KILL: 30 unless declared. */
export function getGraceSeconds(definition: Pick<JobDefinition, 'execute'>): number {
  return definition.execute.timeout?.grace_period ?? DEFAULT_GRACE_SECONDS;
}

/** How many runs of the job may be active at once: 1 unless declared, null without a limit. */
export function getConcurrencyLimit(definition: Pick<JobDefinition, 'execute'>): number | null {
  const { concurrency } = definition.execute;
  return concurrency === undefined ? 1 : concurrency;
}

/** The last part of the launcher's module: job, module, agent, marimo, mcp, streamlit or dashboard for dlt's own. */
export function getLauncherName(definition: Pick<JobDefinition, 'entry_point'>): string {
  const { launcher } = definition.entry_point;
  return launcher.slice(launcher.lastIndexOf('.') + 1);
}

/**
 * What an interactive job speaks. A module's own `__expose__` replaces what dlt detected, so the launcher decides where
 * the definition says nothing. Null for jobs that serve nothing.
 */
export function getInterface(definition: Pick<JobDefinition, 'entry_point' | 'expose'>): JobInterface | null {
  if (definition.expose?.interface !== undefined) return definition.expose.interface;
  if (definition.entry_point.job_type !== 'interactive') return null;
  const launcher = getLauncherName(definition);
  if (launcher === 'mcp') return 'mcp';
  return launcher === 'marimo' || launcher === 'streamlit' || launcher === 'dashboard' ? 'gui' : 'rest_api';
}

/** The category under which a job is listed, from its definition, else its launcher, else its pipeline; null if none. */
export function getCategory(
  definition: Pick<JobDefinition, 'entry_point' | 'expose' | 'deliver' | 'agent'>,
): JobCategory | null {
  if (definition.expose?.category !== undefined) return definition.expose.category;
  switch (getLauncherName(definition)) {
    case 'mcp':
      return 'mcp';
    case 'marimo':
      return 'notebook';
    case 'streamlit':
    case 'dashboard':
      return 'dashboard';
    case 'agent':
      return 'background_agent';
    default:
      if (definition.agent !== undefined) return 'background_agent';
      return definition.deliver?.pipeline_name === undefined ? null : 'pipeline';
  }
}

/** The profile a run would use, or why there is none. */
export type ProfileChoice = { ok: true; profile: string } | { ok: false; reason: string };

/**
 * The profile of a run: the request's, else the job's own, else `prod` for batch and stream and `access` for
 * interactive. dlt itself would read only the base files where `access` has none, so that falls back to `prod` here.
 * @param override the request's profile, null for the job's own
 * @param configurationProfiles profiles for which the configuration has files
 */
export function chooseProfile(
  definition: Pick<JobDefinition, 'entry_point' | 'require'>,
  override: string | null,
  configurationProfiles: readonly string[],
): ProfileChoice {
  const named = override ?? definition.require?.profile;
  if (named !== undefined) {
    const reason = findProfileProblem(named);
    return reason === null ? { ok: true, profile: named } : { ok: false, reason };
  }
  const isInteractive = definition.entry_point.job_type === 'interactive';
  return {
    ok: true,
    profile: isInteractive && configurationProfiles.includes('access') ? 'access' : 'prod',
  };
}

/** Why a profile cannot be used by a run, or null. Its name becomes part of file names. */
export function findProfileProblem(profile: string): string | null {
  if (profile === 'dev' || profile === 'tests') {
    return `profile '${profile}' is for local use only and is not deployed`;
  }
  if (!/^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$/.test(profile)) {
    return `profile '${profile}' must be letters, digits, '_' and '-' only, 64 at most`;
  }
  return null;
}

/** JSON with sorted keys and no spaces: equal for definitions that differ in key order only. Hash or compare it. */
export function toCanonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, child: unknown) => {
    if (typeof child !== 'object' || child === null || Array.isArray(child)) return child;
    return Object.fromEntries(Object.entries(child).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  });
}
