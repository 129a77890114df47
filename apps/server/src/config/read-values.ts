/** Reads the variables of a settings table, and explains each invalid one with its allowed values. */
import { z } from 'zod';
import { ConfigError } from './config-error.ts';
import { settingDetails, unwrapSchema, type SettingDetails } from './setting-details.ts';

type Variables = Record<string, string | undefined>;

/**
 * @throws ConfigError naming each invalid setting, its value unless it may be secret, the allowed values, and
 * an example
 */
export function readValues<Shape extends z.ZodRawShape>(
  table: Shape,
  variables: Variables,
): z.output<z.ZodObject<Shape>> {
  const given = withoutBlank(variables);
  const parsed = z.object(table).safeParse(given);
  const problems = new Map<string, string>();
  for (const [name, schema] of Object.entries(table)) {
    const value = given[name];
    if (value !== undefined && unwrapSchema(schema) instanceof z.ZodNumber && !isDecimal(value))
      problems.set(name, describeProblem(name, schema, value, null));
  }
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0]);
    const schema = table[name];
    if (schema && !problems.has(name))
      problems.set(name, describeProblem(name, schema, given[name] ?? '', issue.message));
  }
  if (parsed.success && problems.size === 0) return parsed.data;
  throw new ConfigError(
    `These settings cannot be used:\n  ${[...problems.values()].join('\n  ')}\n` +
      'All settings are listed in docs/operate/settings.md.',
  );
}

/**
 * Checks the text of one value.
 * @returns what the value must be, such as "must be a whole number from 0 to 65535"; null if it is valid
 */
export function findValueProblem(schema: z.ZodType, value: string): string | null {
  const inner = unwrapSchema(schema);
  if (inner instanceof z.ZodNumber && !isDecimal(value)) return describeAllowed(inner, null);
  const { error } = schema.safeParse(value);
  return error ? describeAllowed(inner, error.issues[0]?.message ?? null) : null;
}

/** A blank variable counts as unset, as for an empty value in a compose file. */
export function withoutBlank(variables: Variables): Variables {
  return Object.fromEntries(Object.entries(variables).filter(([, value]) => value?.trim() !== ''));
}

/** Other notations (`0x50`, `1e3`) would be read as numbers that the operator did not mean. */
function isDecimal(value: string): boolean {
  return /^\d+(\.\d+)?$/.test(value);
}

function describeProblem(name: string, schema: unknown, value: string, message: string | null): string {
  const subject = mayBeSecret(schema) ? name : `${name} is ${JSON.stringify(value.slice(0, 200))}, and`;
  return `${subject} ${describeAllowed(unwrapSchema(schema), message)}.${describeExample(name, schema)}${explainKubernetes(value)}`;
}

function describeAllowed(schema: unknown, message: string | null): string {
  if (schema instanceof z.ZodNumber) return `must be ${describeNumber(schema)}`;
  if (schema instanceof z.ZodEnum) return `must be ${schema.options.join(' or ')}`;
  if (message?.startsWith('must ')) return message;
  if (schema instanceof z.ZodURL) return 'must be a URL with its scheme';
  return `is not valid: ${message ?? 'it cannot be read'}`;
}

function describeNumber({ minValue, maxValue, format }: z.ZodNumber): string {
  const kind = format === 'safeint' ? 'a whole number' : 'a number';
  const isBounded = maxValue !== null && Number.isFinite(maxValue) && maxValue < Number.MAX_SAFE_INTEGER;
  if (isBounded) return `${kind} from ${minValue ?? 0} to ${maxValue}`;
  return `${kind} of ${minValue ?? 0} or more`;
}

function describeExample(name: string, schema: unknown): string {
  const example = readDetails(schema)?.example ?? readDefaultOf(schema);
  return example === undefined ? '' : ` Example: ${name}=${example}`;
}

function readDefaultOf(schema: unknown): string | undefined {
  if (!(schema instanceof z.ZodDefault)) return undefined;
  const value: unknown = schema.def.defaultValue;
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/**
 * Explains variables that Kubernetes sets for a Service: `PUMPHOUSE_PORT=tcp://...` for one named pumphouse.
 */
function explainKubernetes(value: string): string {
  if (!/^(tcp|udp):\/\/[\d.]+:\d+$/.test(value)) return '';
  return ' (Kubernetes sets it for a Service named pumphouse: set enableServiceLinks to false in the pod, or rename the Service.)';
}

function mayBeSecret(schema: unknown): boolean {
  const details = readDetails(schema);
  return details?.secret !== undefined || details?.hidden === true;
}

function readDetails(schema: unknown): SettingDetails | undefined {
  return schema instanceof z.ZodType ? settingDetails.get(schema) : undefined;
}
