import type { ResourceType } from './kube-object.ts';
import { findResourceType, namespaces } from './resource-types.ts';

/** What a path names. */
export interface RequestTarget {
  type: ResourceType;
  namespace: string | undefined;
  /** Empty for a collection. */
  name: string;
  subresource: string | undefined;
}

/** Parses `/api/v1/namespaces/x/pods/y/log` and the like. @returns null if the server has no such resource */
export function parseTarget(path: string): RequestTarget | null {
  const [, core, coreRest, group, version, groupRest] =
    /^\/api\/(v1)\/(.+)$|^\/apis\/([^/]+)\/([^/]+)\/(.+)$/.exec(path) ?? [];
  const parts = (coreRest ?? groupRest ?? '').split('/').map(decodeURIComponent);
  const find = (resource: string) => findResourceType(group ?? '', version ?? core ?? '', resource);
  const [first, namespace, resource] = parts;
  // The resource namespaces is also the prefix of what is in one.
  if (first === 'namespaces' && resource !== undefined && !namespaces.subresources.includes(resource)) {
    const type = find(resource);
    return type?.isNamespaced ? withName(type, namespace, parts.slice(3)) : null;
  }
  const type = find(first ?? '');
  if (type === undefined) return null;
  // Across namespaces, a namespaced type can only be listed.
  if (type.isNamespaced && parts.length > 1) return null;
  return withName(type, undefined, parts.slice(1));
}

function withName(type: ResourceType, namespace: string | undefined, rest: string[]): RequestTarget | null {
  const [name = '', subresource, ...others] = rest;
  if (others.length > 0) return null;
  if (subresource !== undefined && !type.subresources.includes(subresource)) return null;
  return { type, namespace, name, subresource };
}

/** The verb that permissions are for. */
export function verbOf(method: string, { name }: RequestTarget, query: URLSearchParams): string | undefined {
  if (method === 'GET' || method === 'HEAD') {
    if (isTrue(query.get('watch'))) return 'watch';
    return name === '' ? 'list' : 'get';
  }
  if (method === 'DELETE') return name === '' ? 'deletecollection' : 'delete';
  if (method === 'POST') return 'create';
  if (name === '') return undefined;
  return method === 'PUT' ? 'update' : method === 'PATCH' ? 'patch' : undefined;
}

export const isTrue = (value: string | null) => value === 'true' || value === '1' || value === '';
