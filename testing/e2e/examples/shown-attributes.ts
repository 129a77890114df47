import type { JobDefinition } from '@pumphouse/contract';
import { formatDuration } from '../../../apps/web/src/ui/format.ts';

type Show = (value: never, definition: JobDefinition) => string[];

const asItIs = (value: string | number) => [String(value)];
const spaced = (value: string) => [value.replaceAll('_', ' ')];
const shortRef = (ref: string) => ref.replace(/^jobs\./, '');
const noEffect = (attribute: string) => (value: unknown) => [`${attribute} = ${JSON.stringify(value)}`];

/**
 * Texts with which the console's page of a job shows each attribute of its definition, keyed by the
 * attribute's path. The test fails for an attribute that is missing here, and for one that dlt does not
 * declare.
 */
export const shownOnJobPage: Record<string, Show> = {
  engine_version: () => [],
  job_ref: asItIs,
  description: (value: string) => [value.split('\n')[0] ?? ''],
  'entry_point.module': asItIs,
  'entry_point.function': (value: string | null) => (value === null ? [] : [value]),
  'entry_point.job_type': asItIs,
  'entry_point.launcher': (value: string) => [value.split('.').at(-1) ?? ''],
  triggers: (values: string[]) =>
    values.map((value) => (value.startsWith('tag:') ? value.slice('tag:'.length) : value)),
  default_trigger: () => ['Default trigger'],
  'execute.timeout.timeout': (value: number) => [formatDuration(value)],
  'execute.timeout.grace_period': (value: number) => ['Grace period', formatDuration(value)],
  'execute.concurrency': (value: number | null) => [
    'Concurrency',
    value === null ? 'unlimited' : String(value),
  ],
  'execute.intercept_signals': (value: boolean) => [value ? 'intercepted by dlt' : 'not intercepted'],
  'expose.display_name': asItIs,
  'expose.tags': (values: string | string[]) => [values].flat(),
  'expose.starred': (value: boolean) => (value ? ['Starred'] : []),
  'expose.manual': (value: boolean) => (value ? ['manual'] : ['Manual start']),
  'expose.interface': spaced,
  'expose.category': spaced,
  'expose.object_input': noEffect('expose.object_input'),
  config_keys: (values: string[]) => ['Arguments', ...values],
  inputs: (value: { properties: Record<string, { type?: string }> }) =>
    Object.entries(value.properties).map(([name, { type }]) => (type === undefined ? name : `${name}: `)),
  output: (value: { properties: object }) => ['Result', ...Object.keys(value.properties)],
  'deliver.source_ref': (value: string) => ['Source', value.replace(/^sources\./, '')],
  'deliver.pipeline_name': (value: string) => ['Pipeline', value],
  'deliver.deadline': (value: string) => ['Deadline', value],
  'interval.start': (value: string) => [`from ${value}`],
  'interval.end': (value: string) => [`to ${value}`],
  'interval.mode': asItIs,
  freshness: (values: string[]) => [
    'Waits for',
    ...values.map((value) => shortRef(value.slice(value.indexOf(':') + 1))),
  ],
  incremental_mode: (value: string) => ['Incremental mode', value],
  refresh_propagation: (value: 'always' | 'auto' | 'block') => [
    { always: 'on every run', auto: 'on request', block: 'blocked, also for downstream' }[value],
  ],
  auto_refresh_pipeline_mode: (value: string) => ['Pipelines on refresh', ...spaced(value)],
  'require.dependency_groups': (values: string[]) => ['Dependency groups', ...values],
  'require.profile': (value: string) => ['Profile', value],
  'require.provider': noEffect('require.provider'),
  'require.instance': (value: Record<string, unknown>) =>
    Object.entries(value).map(([key, one]) =>
      key === 'size' ? String(one) : `require.instance.${key} = ${JSON.stringify(one)}`,
    ),
  'require.region': noEffect('require.region'),
  'require.timezone': (value: string) => ['Time zone', value],
  'require.static_egress_ips': noEffect('require.static_egress_ips'),
  access: () => ['Access'],
  agent: () => ['Agent'],
};

const nested = ['entry_point', 'execute', 'execute.timeout', 'expose', 'deliver', 'interval', 'require'];

/** The attributes of a definition with their paths, as deep as dlt declares them. */
function listAttributes(part: object, path = ''): [path: string, value: unknown][] {
  return Object.entries(part).flatMap(([key, value]: [string, unknown]): [string, unknown][] => {
    const inner = path === '' ? key : `${path}.${key}`;
    const isPart = nested.includes(inner) && typeof value === 'object' && value !== null;
    return isPart ? listAttributes(value, inner) : [[inner, value]];
  });
}

/** Attributes of a definition whose texts are missing on a page, with those texts. */
export function listMissing(definition: JobDefinition, pageText: string): string[] {
  return listAttributes(definition).flatMap(([path, value]) => {
    const show = shownOnJobPage[path];
    if (show === undefined) return [`${path}: no one says where it is shown`];
    const missing = show(value as never, definition).filter((text) => !pageText.includes(text));
    return missing.map((text) => `${path}: "${text}"`);
  });
}
