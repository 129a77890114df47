import {
  usualBatchTimeoutSeconds,
  type DetailedJobResponse,
  type RefreshPropagation,
} from '@pumphouse/contract';
import { z } from 'zod';
import { describeTriggerShortly } from '../../details/run-cause.ts';
import { formatDuration } from '../../ui/format.ts';
import { shortenJobName } from '../../details/job-name.ts';

type DetailedJob = Pick<DetailedJobResponse, 'job_definition' | 'job_type' | 'profile' | 'current_version'>;
type Definition = DetailedJob['job_definition'];
type Detail = [name: string, value: string | null | undefined];

/**
 * Declared settings of a job by name, including the server's defaults for those that it does not declare.
 * Triggers and tags are missing here, since the page shows them as links.
 */
export function listJobDetails(job: DetailedJob): [name: string, value: string][] {
  const details = [
    ...listCodeDetails(job),
    ...listRunDetails(job),
    ...listDataDetails(job),
    ...listStartDetails(job),
  ];
  return details.flatMap(([name, value]) => (value == null ? [] : [[name, value]]));
}

function listCodeDetails({ job_definition: definition, job_type: type, profile }: DetailedJob): Detail[] {
  const { entry_point: entryPoint, expose, require, agent } = definition;
  return [
    ['Type', type],
    ['Category', expose?.category?.replaceAll('_', ' ')],
    ['Interface', expose?.interface?.replaceAll('_', ' ')],
    ['Code', describeCode(definition)],
    ['Launcher', entryPoint.launcher.split('.').at(-1)],
    ['Agent', agent?.name],
    ['Access', describeAccess(definition)],
    ['Profile', profile],
    ['Dependency groups', joinNames(require?.dependency_groups)],
    ['Arguments', describeArguments(definition)],
    ['Result', joinNames(Object.keys(propertiesOf(definition.output)))],
  ];
}

function listRunDetails({ job_definition: definition, current_version: version }: DetailedJob): Detail[] {
  const { execute, entry_point: entryPoint } = definition;
  const grace = execute.timeout?.grace_period;
  return [
    entryPoint.job_type === 'interactive'
      ? ['Idle timeout', describeSeconds(execute.timeout?.timeout)]
      : ['Timeout', describeTimeout(definition)],
    ['Grace period', grace === undefined ? null : formatDuration(grace)],
    ['Signals', execute.intercept_signals === undefined ? null : describeSignals(execute.intercept_signals)],
    ['Concurrency', describeConcurrency(definition)],
    ['Size', version?.instance_size],
    ['Time zone', definition.require?.timezone ?? 'UTC'],
  ];
}

const refreshLabels: Record<RefreshPropagation, string> = {
  auto: 'on request',
  always: 'on every run',
  block: 'blocked, also for downstream jobs',
};

function listDataDetails({ job_definition: definition }: DetailedJob): Detail[] {
  const { deliver, refresh_propagation: propagation, auto_refresh_pipeline_mode: mode } = definition;
  return [
    ['Pipeline', deliver?.pipeline_name],
    ['Source', deliver?.source_ref?.replace(/^sources\./, '')],
    ['Deadline', deliver?.deadline],
    ['Interval', describeInterval(definition)],
    ['Incremental mode', definition.incremental_mode],
    ['Refresh', propagation === undefined ? null : refreshLabels[propagation]],
    ['Pipelines on refresh', mode?.replace('_', ' ')],
  ];
}

function listStartDetails({ job_definition: definition }: DetailedJob): Detail[] {
  const { default_trigger: trigger, expose, freshness } = definition;
  return [
    ['Waits for', joinNames(freshness?.map((each) => shortenJobName(each.slice(each.indexOf(':') + 1))))],
    ['Default trigger', trigger === undefined ? null : describeTriggerShortly(trigger)],
    ['Manual start', expose?.manual === false ? 'disabled' : null],
  ];
}

function joinNames(names: readonly string[] | undefined): string | null {
  return names === undefined || names.length === 0 ? null : names.join(', ');
}

function describeCode({ entry_point: { module, function: name } }: Definition): string {
  return name === null ? module : `${module}.${name}`;
}

function describeAccess({ access }: Definition): string | null {
  const parts = Object.entries(access ?? {}).map(
    ([part, rights]) => `${part}: ${[rights].flat().join(', ')}`,
  );
  return joinNames(parts);
}

/** Each argument with its type and default, if any: "minimum: integer, only: string = all". */
function describeArguments({ config_keys: keys, inputs }: Definition): string | null {
  const properties = propertiesOf(inputs);
  return joinNames(
    keys?.map((key) => {
      const { type, anyOf, default: preset, entity_type: entity } = properties[key] ?? {};
      const types = anyOf?.map((each) => each.type) ?? [type];
      const typed = types.filter((each) => each !== undefined && each !== 'null').join(' or ');
      const kind = entity === undefined ? typed : `${entity} ${typed}`;
      return `${key}${kind === '' ? '' : `: ${kind}`}${preset === undefined ? '' : ` = ${JSON.stringify(preset)}`}`;
    }),
  );
}

const schemaProperty = z.object({
  type: z.string().optional().catch(undefined),
  anyOf: z
    .array(z.object({ type: z.string().optional().catch(undefined) }))
    .optional()
    .catch(undefined),
  default: z.unknown().optional(),
  entity_type: z.string().optional().catch(undefined),
});
const schemaProperties = z.record(z.string(), schemaProperty.catch({}));

/** The properties of a job's JSON schema, which the client writes. Unreadable parts are left out. */
function propertiesOf(schema: Record<string, unknown> | undefined): z.output<typeof schemaProperties> {
  return schemaProperties.safeParse(schema?.['properties'] ?? {}).data ?? {};
}

/** 120 minutes for batch jobs unless declared otherwise; none for other jobs without a timeout. */
function describeTimeout({ execute, entry_point: { job_type: type } }: Definition): string {
  const declared = execute.timeout === null ? 0 : execute.timeout?.timeout;
  const seconds = declared ?? (type === 'batch' ? usualBatchTimeoutSeconds : 0);
  return seconds === 0 ? 'none' : formatDuration(seconds);
}

function describeSeconds(seconds: number | undefined): string | null {
  if (seconds === undefined) return null;
  return seconds === 0 ? 'none' : formatDuration(seconds);
}

/**
 * Whether dlt ends the extract step cleanly when a run is stopped, or the process receives the signal
 * directly.
 */
function describeSignals(isIntercepted: boolean): string {
  return isIntercepted ? 'intercepted by dlt' : 'not intercepted';
}

function describeConcurrency({ execute: { concurrency } }: Definition): string {
  return concurrency === null ? 'unlimited' : String(concurrency ?? 1);
}

function describeInterval({ interval }: Definition): string | null {
  if (interval === undefined) return null;
  const end = interval.end === undefined ? '' : ` to ${interval.end}`;
  return `from ${interval.start}${end}${interval.mode === undefined ? '' : `, ${interval.mode}`}`;
}
