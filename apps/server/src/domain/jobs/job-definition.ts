import { usualBatchTimeoutSeconds } from '@pumphouse/contract';
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
 * A job definition of engine version 2 as the dlt client sends it. It is stored and returned unchanged,
 * including unknown and absent keys, because the client parses it strictly.
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

/**
 * `timeout` is in seconds; for an interactive job it is the idle time. `concurrency`: absent means 1, null
 * means no limit.
 */
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

/**
 * A bounded window of work as ISO 8601 texts; texts without an offset are wall clock time in the job's zone.
 */
export interface DeclaredInterval {
  start: string;
  end?: string;
  mode?: 'sequential' | 'parallel';
  [key: string]: unknown;
}

const DEFAULT_GRACE_SECONDS = 30;
const NEVER_DEFAULT_TRIGGERS = new Set(['manual', 'deployment', 'job.success', 'job.fail']);

/** Returns the zone for a job's schedule and naive dates. */
export function getTimeZone(definition: Pick<JobDefinition, 'require'>): string {
  return definition.require?.timezone ?? 'UTC';
}

/** Lists the tags of a job; a module's own `__expose__` may contain a single text instead of a list. */
export function listTags(definition: Pick<JobDefinition, 'expose'>): string[] {
  const tags = definition.expose?.tags ?? [];
  return typeof tags === 'string' ? [tags] : tags;
}

/**
 * Lists all triggers of a job: the declared ones, `tag:` for each tag, `manual:` unless disabled, and
 * `pipeline_name:`. Without duplicates, in that order. The API shows these, and selectors match them.
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
 * Returns the default trigger: the one that the client stored, otherwise the first `schedule:` or `every:`,
 * otherwise the first declared one that is not `manual:`, `deployment:` or a job event; null if there is
 * none.
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

/** Finds the `schedule:` or `every:` trigger of a job (at most one is allowed); null if there is none. */
export function findTimedTrigger(definition: Pick<JobDefinition, 'triggers'>): string | null {
  return definition.triggers.find(isTimedTrigger) ?? null;
}

/** Reports whether a clock starts the job, repeatedly or once. Only such a job can be paused. */
export function isScheduled(definition: Pick<JobDefinition, 'triggers'>): boolean {
  return definition.triggers.some(
    (trigger) => isTimedTrigger(trigger) || readTriggerType(trigger) === 'once',
  );
}

/**
 * Returns the seconds after which a run is stopped; null for no limit. Batch jobs default to 120 minutes.
 * Interactive jobs have no limit but an idle time (getIdleTimeoutSeconds).
 */
export function getTimeoutSeconds(definition: Pick<JobDefinition, 'entry_point' | 'execute'>): number | null {
  const jobType = definition.entry_point.job_type;
  if (jobType === 'interactive') return null;
  const { timeout } = definition.execute;
  if (timeout === null) return null;
  return timeout?.timeout ?? (jobType === 'batch' ? usualBatchTimeoutSeconds : null);
}

/**
 * Returns the seconds without a visitor after which an interactive job stops; null if it declares none or is
 * not interactive.
 */
export function getIdleTimeoutSeconds(
  definition: Pick<JobDefinition, 'entry_point' | 'execute'>,
): number | null {
  if (definition.entry_point.job_type !== 'interactive') return null;
  return definition.execute.timeout?.timeout ?? null;
}

/** Returns the seconds between SIGTERM and SIGKILL; 30 by default. */
export function getGraceSeconds(definition: Pick<JobDefinition, 'execute'>): number {
  return definition.execute.timeout?.grace_period ?? DEFAULT_GRACE_SECONDS;
}

/** Returns the maximum number of active runs of the job; 1 by default, null for no limit. */
export function getConcurrencyLimit(definition: Pick<JobDefinition, 'execute'>): number | null {
  const { concurrency } = definition.execute;
  return concurrency === undefined ? 1 : concurrency;
}

/**
 * Returns the last part of the launcher's module name; for dlt's own launchers: job, module, agent, marimo,
 * mcp, streamlit or dashboard.
 */
export function getLauncherName(definition: Pick<JobDefinition, 'entry_point'>): string {
  const { launcher } = definition.entry_point;
  return launcher.slice(launcher.lastIndexOf('.') + 1);
}

/**
 * Returns the interface that an interactive job serves. A module's own `__expose__` replaces what dlt
 * detected, so the launcher decides if the definition declares nothing. Null for jobs that serve nothing.
 */
export function getInterface(definition: Pick<JobDefinition, 'entry_point' | 'expose'>): JobInterface | null {
  if (definition.expose?.interface !== undefined) return definition.expose.interface;
  if (definition.entry_point.job_type !== 'interactive') return null;
  const launcher = getLauncherName(definition);
  if (launcher === 'mcp') return 'mcp';
  return launcher === 'marimo' || launcher === 'streamlit' || launcher === 'dashboard' ? 'gui' : 'rest_api';
}

/**
 * Returns the category under which a job is listed: from its definition, otherwise its launcher, otherwise
 * its pipeline; null if none applies.
 */
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

/** The profile of a run, or the reason why it has none. */
export type ProfileChoice = { ok: true; profile: string } | { ok: false; reason: string };

/**
 * Chooses the profile of a run: the request's, otherwise the job's own, otherwise `prod` for batch and stream
 * and `access` for interactive. Without files for `access`, dlt itself would read only the base files, so
 * this falls back to `prod`.
 * @param override the request's profile; null for the job's own
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

/** Explains why a run cannot use a profile; null if it can. The name becomes part of file names. */
export function findProfileProblem(profile: string): string | null {
  if (profile === 'dev' || profile === 'tests') {
    return `profile '${profile}' is for local use only and is not deployed`;
  }
  if (!/^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$/.test(profile)) {
    return `profile '${profile}' must be letters, digits, '_' and '-' only, 64 at most`;
  }
  return null;
}

/**
 * Serializes a value as JSON with sorted keys and no spaces, so definitions that differ only in key order are
 * equal. For hashing and comparing.
 */
export function toCanonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, child: unknown) => {
    if (typeof child !== 'object' || child === null || Array.isArray(child)) return child;
    return Object.fromEntries(Object.entries(child).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  });
}
