import {
  getTimeZone,
  type AutoRefreshPipelineMode,
  type IncrementalMode,
  type JobDefinition,
  type JobType,
} from './job-definition.ts';
import type { RunInterval } from '../scheduling/run-interval.ts';
import { portOfApp } from '../apps/app-trigger.ts';

/**
 * The JSON that every dlt launcher takes as `--entry-point`. It is visible in `ps`, so it contains no
 * secrets.
 */
export interface RuntimeEntryPoint {
  module: string;
  function: string | null;
  job_type: JobType;
  launcher: string;
  job_ref: string;
  run_args?: RunArguments;
  config?: Record<string, unknown>;
  interval_start?: string;
  interval_end?: string;
  interval_timezone?: string;
  incremental_mode?: IncrementalMode;
  auto_refresh_pipeline_mode?: AutoRefreshPipelineMode;
  allow_external_schedulers?: boolean;
  profile?: string;
  refresh: boolean;
  intercept_signals?: boolean;
}

/** `port` and `base_path` are for interactive jobs; agents also receive their inputs here. */
export interface RunArguments {
  port?: number;
  base_path?: string;
  [key: string]: unknown;
}

export interface EntryPointInput {
  definition: Pick<
    JobDefinition,
    | 'job_ref'
    | 'entry_point'
    | 'triggers'
    | 'execute'
    | 'require'
    | 'incremental_mode'
    | 'auto_refresh_pipeline_mode'
  >;
  /** Null sends no bounds; a job with `incremental_mode: interval` then fails. */
  interval: RunInterval | null;
  profile: string | null;
  refresh: boolean;
  /** Version of dlt in the run's environment; null is treated as a current version. */
  dltVersion: string | null;
  /** Nested configuration values for the job; the launcher turns them into `JOBS__...` variables. */
  config?: Record<string, unknown>;
  runArguments?: RunArguments;
}

/**
 * Builds the entry point of one attempt. Keys without information are omitted, as in dlt 1.31. dlt before
 * 1.30.1a0 expects `allow_external_schedulers` in place of the refresh and incremental modes.
 */
export function buildEntryPoint(input: EntryPointInput): RuntimeEntryPoint {
  const { definition, interval, profile, config } = input;
  const { module, function: functionName, job_type, launcher } = definition.entry_point;
  const runArguments = buildRunArguments(definition, input.runArguments);
  const interceptSignals = definition.execute.intercept_signals;
  return {
    module,
    function: functionName,
    job_type,
    launcher,
    job_ref: definition.job_ref,
    ...(runArguments !== null && { run_args: runArguments }),
    ...(config !== undefined && Object.keys(config).length > 0 && { config }),
    ...buildIntervalKeys(interval, getTimeZone(definition)),
    ...buildModeKeys(definition, input.dltVersion),
    ...(profile !== null && { profile }),
    refresh: input.refresh,
    ...(interceptSignals !== undefined && { intercept_signals: interceptSignals }),
  };
}

/** Reports whether a dlt version supports `incremental_mode`: 1.30.1a0 and newer in PEP 440 order. */
export function knowsIncrementalMode(dltVersion: string): boolean {
  const match = /^v?(?:\d+!)?(\d+(?:\.\d+)*)(.*)$/.exec(dltVersion.trim().toLowerCase());
  if (!match) return true;
  const [major = 0, minor = 0, patch = 0] = (match[1] ?? '').split('.').map(Number);
  if (major !== 1) return major > 1;
  if (minor !== 30) return minor > 30;
  if (patch !== 1) return patch > 1;
  // 1.30.1.dev3 and 1.30.1a0.dev3 come before 1.30.1a0.
  return !/^[._-]?(?:a(?:lpha)?[._-]?0)?[._-]?dev/.test(match[2] ?? '');
}

/** Launchers of interactive jobs do not start without a port. */
function buildRunArguments(
  definition: EntryPointInput['definition'],
  given: RunArguments | undefined,
): RunArguments | null {
  if (definition.entry_point.job_type === 'interactive') return { port: portOfApp(definition), ...given };
  return given !== undefined && Object.keys(given).length > 0 ? given : null;
}

function buildIntervalKeys(interval: RunInterval | null, zone: string): Partial<RuntimeEntryPoint> {
  if (interval === null) return zone === 'UTC' ? {} : { interval_timezone: zone };
  return {
    interval_start: formatInstant(interval.start),
    interval_end: formatInstant(interval.end),
    interval_timezone: zone,
  };
}

function buildModeKeys(
  definition: EntryPointInput['definition'],
  dltVersion: string | null,
): Partial<RuntimeEntryPoint> {
  const { incremental_mode: mode, auto_refresh_pipeline_mode: autoRefresh } = definition;
  if (dltVersion !== null && !knowsIncrementalMode(dltVersion)) {
    return mode === undefined ? {} : { allow_external_schedulers: mode === 'interval' };
  }
  return {
    ...(mode !== undefined && { incremental_mode: mode }),
    ...(autoRefresh !== undefined && { auto_refresh_pipeline_mode: autoRefresh }),
  };
}

/** Formats an instant like Python's isoformat: offset instead of Z, microseconds only if not zero. */
function formatInstant(at: Date): string {
  const text = at.toISOString();
  const millis = text.slice(20, 23);
  return `${text.slice(0, 19)}${millis === '000' ? '' : `.${millis}000`}+00:00`;
}
