import { z } from 'zod';
import { manifestBuildJobRef } from './manifest-build.ts';
import {
  pipelineTable,
  toPipelineChecks,
  type PipelineChecks,
  type PipelineTable,
} from '../pipelines/check-settings.ts';
import { isPlainObject } from '../primitives/plain-object.ts';
import { parsePeriodSeconds } from '../primitives/period.ts';

/**
 * Settings for starts and ends of runs that a team adds to the job definitions: the table `pumphouse` of
 * `config.toml` and `<profile>.config.toml`. It is a separate table because dlt passes `[jobs...]` to the
 * code of the job as arguments.
 *
 *     [pumphouse]                                  # for every job
 *     on_limit = "queue"
 *     [pumphouse.jobs.<section>.<name>]            # for one job, overrides the above
 *     retries = { count = 3, backoff = "30s" }
 *     [pumphouse.pipelines.<name>]                 # for the runs of one pipeline, see `check-settings.ts`
 */

/** Which ends of an attempt are retried: any failure, a timeout, or an end before its code started. */
export const RETRY_REASONS = ['failed', 'timed_out', 'not_begun'] as const;
export type RetryReason = (typeof RETRY_REASONS)[number];

export interface RetrySettings {
  /** Maximum number of attempts after the first. */
  count: number;
  /** Delay before the first retry; it doubles with each further one. */
  backoffSeconds: number;
  on: readonly RetryReason[];
}

export interface JobSettings {
  /** What happens to a start at capacity: skip it, as dlt does, or queue it until a slot is free. */
  onLimit: 'skip' | 'queue';
  /** Waiting runs with a higher priority start first. */
  priority: number;
  /**
   * What happens to ticks that were due while no server ran: one run for all of them, or none until the next
   * tick.
   */
  catchUp: 'one' | 'skip';
  /** A run that has not started after this long is given up; null means it waits indefinitely. */
  startDeadlineSeconds: number | null;
  retries: RetrySettings;
  /**
   * What only one run at a time writes: a pipeline, also the dataset that it loads to, or neither. A pipeline is
   * separate for each profile.
   */
  exclusive: 'pipeline' | 'dataset' | 'off';
  /** What a run does when another one holds that: it waits, or fails. */
  onHeld: 'wait' | 'fail';
  /**
   * Whether load packages that a run does not finish are kept, and finished by the next run that writes with the
   * pipeline.
   */
  keepPending: boolean;
  /** The input of starts by the clock; null for none. */
  scheduleInputs: Record<string, unknown> | null;
}

type JobTable = z.output<typeof jobTable>;

/** A validated table; absent keys have the defaults. `jobs` is keyed by ref without `jobs.`. */
export type SettingsTable = JobTable & {
  jobs: Record<string, JobTable>;
  /** By name. Absent if there are none, and in tables of the previous release. */
  pipelines?: Record<string, PipelineTable>;
};

/** The tables of one configuration: `''` applies to every profile, each other key to that profile. */
export type RunSettings = Record<string, SettingsTable>;

export const defaultJobSettings: JobSettings = {
  onLimit: 'skip',
  priority: 0,
  catchUp: 'one',
  startDeadlineSeconds: null,
  // An attempt whose code has not started can be retried safely: none of its work would run twice.
  retries: { count: 2, backoffSeconds: 10, on: ['not_begun'] },
  exclusive: 'pipeline',
  onHeld: 'wait',
  keepPending: true,
  scheduleInputs: null,
};

const maxBackoffSeconds = 24 * 3600;

const period = z.union([z.string(), z.number()]).transform((value, context) => {
  const seconds = typeof value === 'number' ? value : parsePeriodSeconds(value);
  if (seconds !== null && seconds >= 0 && seconds <= maxBackoffSeconds) return seconds;
  context.addIssue({
    code: 'custom',
    message: 'must be seconds or a text like "30s", "5m" or "2h", a day at most',
  });
  return z.NEVER;
});

const retries = z.strictObject({
  count: z.int().min(0).max(20),
  backoff: period.default(30),
  on: z.array(z.enum(RETRY_REASONS)).min(1).default(['failed', 'timed_out', 'not_begun']),
});

/** TOML has dates, and inputs are JSON: `2026-11-29` is a text. */
const inputs = z
  .record(z.string(), z.unknown())
  .transform((table): Record<string, unknown> => JSON.parse(JSON.stringify(table)));

const ownSettings = {
  on_limit: z.enum(['skip', 'queue']).optional(),
  priority: z.int().min(-1000).max(1000).optional(),
  catch_up: z.enum(['one', 'skip']).optional(),
  start_deadline: period.optional(),
  retries: retries.optional(),
  exclusive: z.enum(['pipeline', 'dataset', 'off']).optional(),
  on_held: z.enum(['wait', 'fail']).optional(),
  keep_pending: z.boolean().optional(),
};

const jobTable = z.strictObject({
  ...ownSettings,
  schedule_inputs: inputs.optional(),
});
const tables = z.record(z.string(), z.unknown()).optional();
const outerTable = z.strictObject({ ...ownSettings, jobs: tables, pipelines: tables });

/**
 * @returns the `pumphouse` table of a configuration file, or its problems, each with its location in the file
 */
export function readSettingsTable(
  table: unknown,
): { ok: true; table: SettingsTable } | { ok: false; problems: string[] } {
  const problems: string[] = [];
  const jobs: Record<string, JobTable> = {};
  function read<Output>(schema: z.ZodType<Output>, value: unknown, scope: string): Output | undefined {
    const result = schema.safeParse(value);
    const issues = result.error?.issues ?? [];
    problems.push(
      ...issues.map(({ path, message }) => `${[scope, ...path.map(String)].join('.')}: ${message}`),
    );
    return result.data;
  }
  const {
    jobs: ofJobs = {},
    pipelines: ofPipelines = {},
    ...own
  } = read(outerTable, table, 'pumphouse') ?? {};
  for (const [name, value] of Object.entries(ofJobs).flatMap(listJobTables)) {
    const job = read(jobTable, value, `pumphouse.jobs.${name}`);
    if (job) jobs[name] = job;
  }
  const pipelines: Record<string, PipelineTable> = {};
  for (const [name, value] of Object.entries(ofPipelines)) {
    const pipeline = read(pipelineTable, value, `pumphouse.pipelines.${name}`);
    if (pipeline) pipelines[name] = pipeline;
  }
  if (problems.length > 0) return { ok: false, problems };
  return { ok: true, table: { ...own, jobs, ...(Object.keys(pipelines).length > 0 && { pipelines }) } };
}

/** Settings of a job whose value is a table. */
const settingsWithTables: ReadonlySet<string> = new Set(['retries', 'schedule_inputs']);

/** A table below `jobs` is either that of `jobs.<name>`, or a section with one table for each of its jobs. */
function listJobTables([name, value]: [string, unknown]): [string, unknown][] {
  if (!isPlainObject(value)) return [[name, value]];
  const isSection = Object.entries(value).some(
    ([key, inner]) => !settingsWithTables.has(key) && isPlainObject(inner),
  );
  return isSection ? Object.entries(value).map(([key, inner]) => [`${name}.${key}`, inner]) : [[name, value]];
}

/**
 * Merges the settings of a job under a profile. The job's own table takes precedence over the table for all
 * jobs; at the same level, the profile's takes precedence. Builds of manifests have the defaults: a team sets the
 * tables for its own jobs.
 * @param jobRef `jobs.<name>` or `jobs.<section>.<name>`
 */
export function chooseJobSettings(
  settings: RunSettings | null,
  profile: string,
  jobRef: string,
): JobSettings {
  if (jobRef === manifestBuildJobRef) return defaultJobSettings;
  const files = [settings?.[''], settings?.[profile]].filter((table) => table !== undefined);
  const layers = [...files, ...files.map((table) => table.jobs[jobRef.slice('jobs.'.length)])];
  let chosen = defaultJobSettings;
  for (const layer of layers) chosen = layer ? overlay(chosen, layer) : chosen;
  return chosen;
}

function overlay(under: JobSettings, layer: JobTable): JobSettings {
  return {
    onLimit: layer.on_limit ?? under.onLimit,
    priority: layer.priority ?? under.priority,
    catchUp: layer.catch_up ?? under.catchUp,
    startDeadlineSeconds: layer.start_deadline ?? under.startDeadlineSeconds,
    retries: layer.retries
      ? { count: layer.retries.count, backoffSeconds: layer.retries.backoff, on: layer.retries.on }
      : under.retries,
    exclusive: layer.exclusive ?? under.exclusive,
    onHeld: layer.on_held ?? under.onHeld,
    keepPending: layer.keep_pending ?? under.keepPending,
    scheduleInputs: layer.schedule_inputs ?? under.scheduleInputs,
  };
}

/** Chooses what is expected of the runs of a pipeline: the profile's table takes the place of the one for all profiles. */
export function choosePipelineChecks(
  settings: RunSettings | null,
  profile: string,
  pipelineName: string,
): PipelineChecks | null {
  const find = (table: SettingsTable | undefined) =>
    table?.pipelines && Object.hasOwn(table.pipelines, pipelineName)
      ? table.pipelines[pipelineName]
      : undefined;
  const table = find(settings?.[profile]) ?? find(settings?.['']);
  return table ? toPipelineChecks(table) : null;
}

/** Lists the pipelines that the configuration expects something of under this profile. */
export function listCheckedPipelines(settings: RunSettings | null, profile: string): string[] {
  const tables = [settings?.[''], settings?.[profile]];
  return [...new Set(tables.flatMap((table) => Object.keys(table?.pipelines ?? {})))].toSorted();
}
