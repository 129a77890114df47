import type { JobDefinition } from './job-definition.ts';
import { isPlainObject } from '../primitives/plain-object.ts';
import { isTextList } from '../primitives/text-list.ts';

/** The optional keys of a definition that are objects. */
export const OPTIONAL_OBJECTS = [
  'expose',
  'inputs',
  'output',
  'deliver',
  'interval',
  'require',
  'access',
  'agent',
];

/**
 * Finds what makes a value unusable as a job definition; null if it is usable. Checks only the structure, on
 * which all code relies: the rules of a deploy become stricter over time, and a definition that an older
 * server accepted must stay readable.
 */
export function findStructureProblem(value: unknown): string | null {
  if (!isPlainObject(value)) return 'the definition must be an object';
  if (typeof value['job_ref'] !== 'string') return 'job_ref must be a text';
  const entryPoint = value['entry_point'];
  if (!isPlainObject(entryPoint)) return 'entry_point must be an object';
  for (const key of ['module', 'job_type', 'launcher'])
    if (typeof entryPoint[key] !== 'string') return `entry_point.${key} must be a text`;
  if (!isTextList(value['triggers'])) return 'triggers must be a list of texts';
  if (!isPlainObject(value['execute'])) return 'execute must be an object';
  for (const key of OPTIONAL_OBJECTS)
    if (value[key] !== undefined && !isPlainObject(value[key])) return `${key} must be an object or absent`;
  return null;
}

/** Reports whether a value has the structure of a job definition. */
export function isJobDefinition(value: unknown): value is JobDefinition {
  return findStructureProblem(value) === null;
}
