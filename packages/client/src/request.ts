import type { Route } from '@pumphouse/contract';
import { isMultipartBody } from '@pumphouse/contract';

type QueryValue = string | number | boolean | null | undefined;

/** The parts of a request, for any operation. */
export interface RequestParts {
  params?: Readonly<Record<string, unknown>> | undefined;
  query?: Readonly<Record<string, QueryValue | readonly QueryValue[]>> | undefined;
  body?: unknown;
}

/** Builds the URL of an operation below `baseUrl`, which may contain a path or be empty (same origin). */
export function buildUrl(baseUrl: string, route: Route, { params = {}, query = {} }: RequestParts): string {
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String(params[name])),
  );
  const search = new URLSearchParams(Object.entries(query).flatMap(listQueryPairs)).toString();
  return baseUrl.replace(/\/+$/, '') + path + (search === '' ? '' : `?${search}`);
}

/** A list repeats its key; null and undefined are omitted. */
function listQueryPairs([name, value]: [string, QueryValue | readonly QueryValue[]]): [string, string][] {
  const values = [value].flat();
  return values.filter((each) => each !== undefined && each !== null).map((each) => [name, String(each)]);
}

/**
 * Builds the body and content type of a request. Fetch sets the type of a multipart body, because it chooses
 * the boundary.
 */
export function buildBody(
  route: Route,
  body: unknown,
): { body?: string | FormData; headers: Record<string, string> } {
  if (route.body === undefined || body === undefined) return { headers: {} };
  if (!isMultipartBody(route.body)) {
    return { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  }
  const form = new FormData();
  for (const [name, file] of Object.entries<unknown>(Object(body)))
    if (file instanceof File) form.append(name, file, file.name);
  return { body: form, headers: {} };
}
