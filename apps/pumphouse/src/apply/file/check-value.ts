import { z } from 'zod';
import { findSimilar } from '../../terminal/find-similar.ts';
import type { FileProblem } from './file-problem.ts';
import type { FilePart } from './parse-yaml.ts';

type Path = readonly PropertyKey[];
type Issue = z.core.$ZodIssue;

/** Checks a value against a schema. Problems never contain a value of the file, which may be a secret. */
export function checkValue<Schema extends z.ZodType>(
  schema: Schema,
  { value, positions }: FilePart,
): { value: z.output<Schema> } | { problems: FileProblem[] } {
  const parsed = schema.safeParse(value);
  if (parsed.success) return { value: parsed.data };
  const issues = parsed.error.issues.flatMap((issue) => expand(issue, []));
  return {
    problems: issues.map(({ path, message }) => ({ position: positions.at(path), message })),
  };

  function expand(issue: Issue, above: Path): { path: Path; message: string }[] {
    const path = [...above, ...issue.path];
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: describeUnknownKey(schema, path, key),
      }));
    if (issue.code === 'invalid_union') {
      const branch = issue.errors.find((issues) => !issues.some(isWrongType));
      if (branch) return branch.flatMap((inner) => expand(inner, path));
    }
    return [{ path, message: `${nameOf(path)} ${describe(issue)}.` }];
  }
}

function isWrongType({ code, path }: Issue): boolean {
  return path.length === 0 && code !== 'unrecognized_keys' && code !== 'custom';
}

function nameOf(path: Path): string {
  return path.length === 0 ? 'The file' : path.map(String).join(' > ');
}

const typeNames: Record<string, string> = {
  string: 'a text (quoted, if it looks like a number)',
  object: 'a map',
  record: 'a map',
  array: 'a list',
  int: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
};

function describe(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined && issue.message.includes('undefined')
        ? 'is missing'
        : `must be ${typeNames[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`;
    case 'invalid_union':
      return issue.errors
        .flatMap(([first]) => (first ? [describe(first)] : []))
        .join(' or ')
        .replaceAll(' or must be ', ' or ');
    case 'invalid_key':
      return issue.issues.map(({ message }) => toClause(message)).join('; ');
    default:
      return toClause(issue.message);
  }
}

/** Messages of the contract begin with `must`; those of the validator do not. */
function toClause(message: string): string {
  return /^(must|needs|is|has|cannot) /.test(message)
    ? message.replace(/\.$/, '')
    : `is not valid: ${message}`;
}

function describeUnknownKey(schema: z.ZodType, path: Path, key: string): string {
  const keys = keysAt(schema, path);
  const similar = findSimilar(key, keys);
  const advice =
    similar === undefined ? `Possible keys: ${keys.join(', ')}.` : `Did you mean ${JSON.stringify(similar)}?`;
  return `${[...path.map(String), key].join(' > ')} is not a known key. ${advice}`;
}

/** The keys that a schema allows at a path. */
function keysAt(schema: z.core.$ZodType, path: Path): string[] {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodUnion) return inner.options.flatMap((option) => keysAt(option, path));
  const [key, ...rest] = path;
  if (key === undefined) return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
  if (inner instanceof z.ZodRecord) return keysAt(inner.valueType, rest);
  const next: z.core.$ZodType | undefined =
    inner instanceof z.ZodObject ? inner.shape[String(key)] : undefined;
  return next === undefined ? [] : keysAt(next, rest);
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault)
    return unwrap(schema.unwrap());
  return schema;
}
