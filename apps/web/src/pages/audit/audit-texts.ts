import { asObject, type AuditEntryResponse, type JsonObject } from '@pumphouse/contract';
import { formatBytes, formatInstant } from '../../ui/format.ts';

/** A changed value of an entry. */
export interface AuditDetail {
  name: string;
  /** Null if the value did not exist before, or the entry does not record it. */
  before: string | null;
  after: string | null;
}

type Values = AuditEntryResponse['before'];

/** Maximum length of a displayed value, enough for names and lists of names. */
const maxValueLength = 300;

/**
 * Lists the values that differ between before and after, in recorded order. Omits values that the target's
 * name already shows.
 */
export function listDetails({
  before,
  after,
  target,
}: Pick<AuditEntryResponse, 'before' | 'after' | 'target'>) {
  const names = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  return names.flatMap((name): AuditDetail[] => {
    const [old, fresh] = [show(name, before?.[name]), show(name, after?.[name])];
    if (old === fresh || (isNothing(old) && isNothing(fresh))) return [];
    if (isCountOfList(name, after ?? before)) return [];
    if (old === null && [fresh, `version ${fresh}`].includes(target.name)) return [];
    return [{ name: nameOf(name), before: before ? old : null, after: after ? fresh : null }];
  });
}

const nameOf = (name: string) =>
  name
    .replace(/(file|run)_count$/, '$1s')
    .replace(/_(bytes|count|at)$/, '')
    .replaceAll('_', ' ');

/** True for `created_count` next to a complete list `created`, or `run_count` next to `runs`. */
function isCountOfList(name: string, values: Values): boolean {
  const [, what] = /^(\w+)_count$/.exec(name) ?? [];
  if (what === undefined) return false;
  const list = values?.[what] ?? values?.[`${what}s`];
  return Array.isArray(list) && list.length === values?.[name];
}

/** A detail as one line: "role: viewer → developer". */
export function describeDetail({ name, before, after }: AuditDetail): string {
  if (before !== null && after !== null) return `${name}: ${before} → ${after}`;
  return `${name}: ${after ?? before ?? ''}`;
}

const isNothing = (text: string | null) => text === null || ['', 'none', '0', 'no'].includes(text);

function show(name: string, value: unknown): string | null {
  if (typeof value === 'number' && name.endsWith('_bytes')) return formatBytes(value);
  const text = value === undefined ? null : write(value);
  return text !== null && text.length > maxValueLength ? `${text.slice(0, maxValueLength)}…` : text;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const instant = /^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})$/;
const hash = /^[\w+/=-]{40,}$/;
const isOpaque = (value: unknown) => typeof value === 'string' && (uuid.test(value) || hash.test(value));

/** Null for ids and hashes, which are meaningless to readers. A list of them becomes its length. */
function write(value: unknown): string | null {
  if (value === null || value === '') return 'none';
  if (isOpaque(value)) return null;
  if (typeof value === 'string' && instant.test(value)) return formatInstant(new Date(value));
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  if (Array.isArray(value)) return writeList(value);
  return writeObject(asObject(value));
}

function writeList(values: readonly unknown[]): string {
  if (values.every(isOpaque)) return String(values.length);
  return values.flatMap((each) => write(each) ?? []).join(', ');
}

/** A run, a variable or a workspace role, as recorded in entries. */
function writeObject(value: JsonObject): string {
  const { job, profile, refresh, name, type, role } = value;
  if (job !== undefined) return `${write(job)} under ${write(profile)}${refresh === true ? ', refresh' : ''}`;
  if (name !== undefined && type !== undefined) return `${write(name)} (${write(type)})`;
  if (name !== undefined && role !== undefined) return `${write(role)} in ${write(name)}`;
  return Object.values(value)
    .flatMap((each) => write(each) ?? [])
    .join(' ');
}

/** The actor in a few words. */
export function describeActor({ kind, email }: AuditEntryResponse['actor']): string {
  if (kind === 'person') return email ?? 'unknown user';
  if (kind === 'key') return email === null ? 'API key' : `API key (${email})`;
  if (kind === 'operator') return 'server operator';
  if (kind === 'server') return 'server';
  if (kind === 'run') return 'run';
  return 'unauthenticated user';
}
