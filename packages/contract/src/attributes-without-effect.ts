/** Attributes of a job that this server stores but ignores. The deploy and the job's page list them. Pure. */
import type { JsonObject } from './json-object.ts';
import { asObject, isJsonObject } from './json-object.ts';
import {
  deliverSpec,
  entryPoint,
  executeSpec,
  exposeSpec,
  intervalSpec,
  jobDefinition,
  requireSpec,
  timeoutSpec,
  type JobDefinition,
} from './schemas/jobs/job-definition.ts';

export interface AttributeWithoutEffect {
  /** Its path in the definition, such as `require.region`. */
  attribute: string;
  /** Its value as JSON. */
  value: string;
  reason: string;
}

const reasons: Record<string, string> = {
  'require.provider': 'All runs use the executor of this server',
  'require.region': 'All runs use the executor of this server, wherever that is',
  'require.static_egress_ips': 'Runs use the network of the machine they run on',
  'interval.mode': 'The server runs the windows of a job one after another',
  'expose.object_input': 'The console offers no start from another page; set the input in the configuration',
};
const unknownAttribute = 'This version of the server does not know the attribute';
/** Attributes that dlt has given another name. */
const formerNames: Record<string, string> = {
  'require.machine': 'Write require={"instance": {"size": ...}} instead',
};
const unknownInstanceKey = 'Only `size` and `labels` are used; the operator sets what a size means';

/** Values that make no difference: they ask for what this server does anyway. */
const harmless: Record<string, unknown> = {
  'require.provider': 'local',
  'require.static_egress_ips': false,
  'interval.mode': 'sequential',
};

const parts: readonly (readonly [path: string, schema: { shape: object }])[] = [
  ['entry_point', entryPoint],
  ['execute', executeSpec],
  ['execute.timeout', timeoutSpec],
  ['expose', exposeSpec],
  ['deliver', deliverSpec],
  ['interval', intervalSpec],
  ['require', requireSpec],
];

/**
 * Lists the attributes of a definition that have no effect on this server, in the order of the definition.
 */
export function listAttributesWithoutEffect(
  definition: Pick<JobDefinition, 'job_ref'> & JsonObject,
): AttributeWithoutEffect[] {
  const found: AttributeWithoutEffect[] = [];
  const add = (attribute: string, value: unknown, reason: string) =>
    found.push({ attribute, value: JSON.stringify(value), reason });
  addUnknown(definition, jobDefinition.shape, '', add);
  for (const [path, schema] of parts) addUnknown(readPart(definition, path), schema.shape, path, add);
  for (const [path, reason] of Object.entries(reasons)) {
    const value = readAt(definition, path);
    if (value !== undefined && value !== harmless[path]) add(path, value, reason);
  }
  for (const [key, value] of Object.entries(readPart(definition, 'require.instance'))) {
    if (key !== 'size' && key !== 'labels') add(`require.instance.${key}`, value, unknownInstanceKey);
  }
  return found;
}

function addUnknown(
  part: JsonObject,
  shape: object,
  path: string,
  add: (attribute: string, value: unknown, reason: string) => void,
): void {
  for (const [key, value] of Object.entries(part)) {
    if (Object.hasOwn(shape, key)) continue;
    const attribute = path === '' ? key : `${path}.${key}`;
    add(attribute, value, formerNames[attribute] ?? unknownAttribute);
  }
}

function readPart(definition: JsonObject, path: string): JsonObject {
  return asObject(readAt(definition, path));
}

function readAt(definition: JsonObject, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((value, key) => (isJsonObject(value) ? value[key] : undefined), definition);
}
