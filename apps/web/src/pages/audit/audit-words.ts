import type { AuditEntryResponse } from '@pumphouse/contract';
import { formatBytes, formatInstant } from '../../look/format.ts';

/** One thing that an entry says of before and after. */
export interface AuditDetail {
  name: string;
  /** Null where it was not there before, or nothing is said of before. */
  before: string | null;
  after: string | null;
}

type Values = AuditEntryResponse['before'];

/** Longest value that is shown: names and lists of names, never whole documents. */
const longestValue = 300;

/** What differs between before and after, in the order in which it was written down. What the target's name says is not said again. */
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

/** `created_count` beside `created`, or `run_count` beside `runs`, while the list has them all. */
function isCountOfList(name: string, values: Values): boolean {
  const [, what] = /^(\w+)_count$/.exec(name) ?? [];
  if (what === undefined) return false;
  const list = values?.[what] ?? values?.[`${what}s`];
  return Array.isArray(list) && list.length === values?.[name];
}

/** A detail in a line: "role: viewer → developer". */
export function describeDetail({ name, before, after }: AuditDetail): string {
  if (before !== null && after !== null) return `${name}: ${before} → ${after}`;
  return `${name}: ${after ?? before ?? ''}`;
}

const isNothing = (text: string | null) => text === null || ['', 'none', '0', 'no'].includes(text);

function show(name: string, value: unknown): string | null {
  if (typeof value === 'number' && name.endsWith('_bytes')) return formatBytes(value);
  const text = value === undefined ? null : write(value);
  return text !== null && text.length > longestValue ? `${text.slice(0, longestValue)}…` : text;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const instant = /^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})$/;
const hash = /^[\w+/=-]{40,}$/;
const isOpaque = (value: unknown) => typeof value === 'string' && (uuid.test(value) || hash.test(value));

/** Null for ids and hashes, which say nothing to a reader; of a list of them it says how many. */
function write(value: unknown): string | null {
  if (value === null || value === '') return 'none';
  if (isOpaque(value)) return null;
  if (typeof value === 'string' && instant.test(value)) return formatInstant(new Date(value));
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  if (Array.isArray(value)) return writeList(value);
  return writeObject(value as Record<string, unknown>);
}

function writeList(values: readonly unknown[]): string {
  if (values.every(isOpaque)) return String(values.length);
  return values.flatMap((each) => write(each) ?? []).join(', ');
}

/** A run, a variable or a role in a workspace, as the entries have them. */
function writeObject(value: Record<string, unknown>): string {
  const { job, profile, refresh, name, type, role } = value;
  if (job !== undefined) return `${write(job)} under ${write(profile)}${refresh === true ? ', refresh' : ''}`;
  if (name !== undefined && type !== undefined) return `${write(name)} (${write(type)})`;
  if (name !== undefined && role !== undefined) return `${write(role)} of ${write(name)}`;
  return Object.values(value)
    .flatMap((each) => write(each) ?? [])
    .join(' ');
}

/** Who did it, in a few words. */
export function describeActor({ kind, email }: AuditEntryResponse['actor']): string {
  if (kind === 'person') return email ?? 'somebody';
  if (kind === 'key') return email === null ? 'a key' : `a key of ${email}`;
  if (kind === 'operator') return 'an operator of the server';
  if (kind === 'server') return 'the server by itself';
  if (kind === 'run') return 'the code of a run';
  return 'somebody who is not signed in';
}
