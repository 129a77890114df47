/** Reads the variables of a settings table, and explains each invalid one with its allowed values. */
import { z } from 'zod';
import { ConfigError } from './config-error.ts';

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
    if (value !== undefined && unwrap(schema) instanceof z.ZodNumber && !isDecimal(value))
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

/** A blank variable counts as unset, as for an empty value in a compose file. */
export function withoutBlank(variables: Variables): Variables {
  return Object.fromEntries(Object.entries(variables).filter(([, value]) => value?.trim() !== ''));
}

/** Other notations (`0x50`, `1e3`) would be read as numbers that the operator did not mean. */
function isDecimal(value: string): boolean {
  return /^\d+(\.\d+)?$/.test(value);
}

function describeProblem(name: string, schema: unknown, value: string, message: string | null): string {
  const subject = mayBeSecret(name) ? name : `${name} is ${JSON.stringify(value.slice(0, 200))}, and`;
  return `${subject} ${describeAllowed(unwrap(schema), message)}.${describeExample(name, schema)}${explainKubernetes(value)}`;
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

/** Examples for settings whose default is not one. */
const examples: Record<string, string> = {
  PUMPHOUSE_PUBLIC_URL: 'https://pumphouse.example.com',
  PUMPHOUSE_INTERNAL_ADDRESS: '10.0.0.5:8080',
  PUMPHOUSE_DATABASE_URL: 'postgres://pumphouse@db.example.com:5432/pumphouse',
  PUMPHOUSE_BLOBS_URL: 'file:///var/lib/pumphouse/blobs',
  PUMPHOUSE_BLOBS_FALLBACK_URL: 'file:///var/lib/pumphouse/blobs',
  PUMPHOUSE_S3_ENDPOINT: 'https://s3.example.com',
  PUMPHOUSE_S3_PUBLIC_ENDPOINT: 'https://s3.example.com',
  PUMPHOUSE_PLAYGROUND: 's3://my-bucket/playground',
  PUMPHOUSE_PLAYGROUND_ROLE: 'arn:aws:iam::123456789012:role/playground',
  PUMPHOUSE_PLAYGROUND_STS_ENDPOINT: 'https://s3.example.com',
  PUMPHOUSE_S3_ENCRYPTION: 'AES256',
  PUMPHOUSE_ATTEMPTS_URL: 'http://10.0.0.5:8081',
  PUMPHOUSE_ATTEMPTS_PORT: '8081',
  PUMPHOUSE_PAGERDUTY_URL: 'https://events.eu.pagerduty.com',
  PUMPHOUSE_OIDC_ISSUER: 'https://accounts.example.com',
  PUMPHOUSE_ROLES: 'scheduler,supervisor',
};

function describeExample(name: string, schema: unknown): string {
  const example = examples[name] ?? readDefault(schema);
  return example === undefined ? '' : ` Example: ${name}=${example}`;
}

function readDefault(schema: unknown): string | undefined {
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

/** URLs may contain a password, and settings named key, secret, password or token are secret. */
function mayBeSecret(name: string): boolean {
  const mayHoldPassword = ['PUMPHOUSE_DATABASE_URL', 'PUMPHOUSE_ENGINE_URL', 'PUMPHOUSE_SMTP_URL'];
  return mayHoldPassword.includes(name) || /(KEYS?|SECRET|PASSWORD|TOKEN)$/.test(name);
}

function unwrap(schema: unknown): unknown {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional) return unwrap(schema.unwrap());
  return schema;
}
