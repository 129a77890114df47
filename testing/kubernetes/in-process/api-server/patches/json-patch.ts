import { isDeepStrictEqual } from 'node:util';
import { badRequest, StatusError } from '../status-error.ts';
import { isRecord } from './merge-patch.ts';

interface Operation {
  op: string;
  path: string;
  from?: string;
  value?: unknown;
}

/**
 * Applies a JSON patch (RFC 6902) and returns the result.
 * @throws StatusError 422 if an operation does not apply
 */
export function applyJsonPatch(target: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest('error decoding patch: it is not a list of operations');
  const box = { root: structuredClone(target) };
  for (const operation of patch as Operation[]) applyOperation(box, operation);
  return box.root;
}

interface Box {
  root: unknown;
}

function applyOperation(box: Box, { op, path, from = '', value }: Operation): void {
  if (op === 'test') {
    if (!isDeepStrictEqual(read(box, path), value)) throw cannotApply(`testing path ${path} value failed`);
    return;
  }
  if (op === 'add') return add(box, path, value);
  if (op === 'remove') return void take(box, path);
  if (op === 'replace') {
    take(box, path);
    return add(box, path, value);
  }
  if (op === 'move') return add(box, path, take(box, from));
  if (op === 'copy') return add(box, path, structuredClone(read(box, from)));
  throw cannotApply(`Unexpected kind: ${op}`);
}

function read(box: Box, path: string): unknown {
  const { parent, key } = locate(box, path);
  return Array.isArray(parent) ? parent[Number(key)] : parent[key];
}

function add(box: Box, path: string, value: unknown): void {
  const { parent, key } = locate(box, path);
  if (!Array.isArray(parent)) parent[key] = value;
  else parent.splice(key === '-' ? parent.length : Number(key), 0, value);
}

function take(box: Box, path: string): unknown {
  const { parent, key } = locate(box, path);
  if (Array.isArray(parent)) {
    if (!(Number(key) < parent.length)) throw cannotApply(`remove operation does not apply: ${path}`);
    const [value] = parent.splice(Number(key), 1);
    return value;
  }
  if (!(key in parent)) throw cannotApply(`remove operation does not apply: doc is missing key: ${path}`);
  const value = parent[key];
  delete parent[key];
  return value;
}

function locate(box: Box, path: string): { parent: Record<string, unknown> | unknown[]; key: string } {
  const parts = path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  let parent: unknown = box;
  let key = 'root';
  for (const part of parts) {
    const next: unknown = Array.isArray(parent) ? parent[Number(key)] : isRecord(parent) && parent[key];
    if (!Array.isArray(next) && !isRecord(next)) throw cannotApply(`doc is missing path: ${path}`);
    parent = next;
    key = part;
  }
  return { parent: parent as Record<string, unknown> | unknown[], key };
}

const cannotApply = (why: string) =>
  new StatusError({
    code: 422,
    reason: 'Invalid',
    message: `the server rejected our request due to an error in our request`,
    details: { causes: [{ message: why }] },
  });
