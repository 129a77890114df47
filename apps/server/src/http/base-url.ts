import type { FastifyRequest } from 'fastify';
import { ServiceError } from '../platform/service-error.ts';

const maxShownLength = 100;

/**
 * Returns the error for an API call below another path, which happens when the client's base URL contains
 * that path; null for other URLs. The status is not 404 because clients read that as a missing workspace or
 * organization and hide the detail.
 */
export function refuseWrongBaseUrl(url: string): ServiceError | null {
  const [path = ''] = url.split('?', 1);
  const end = path.lastIndexOf('/api/v1/');
  if (end <= 0) return null;
  const prefix = JSON.stringify(path.slice(0, Math.min(end, maxShownLength)));
  return new ServiceError(
    'wrong_base_url',
    `The base URL of the client ends with ${prefix}, and this server has its API at the root: remove that part from ` +
      'RUNTIME__API_BASE_URL, or from api_base_url in .dlt/config.toml.',
  );
}

/**
 * Returns the origin of this server for URLs in responses: the configured one, otherwise the origin of the
 * request.
 */
export function originOf(request: FastifyRequest, publicUrl: string | null): string {
  return publicUrl?.replace(/\/+$/, '') ?? `${request.protocol}://${request.host}`;
}

/** Returns the path prefix of the public URL without a trailing slash; empty if there is none. */
export function basePathOf(publicUrl: string | null): string {
  return publicUrl === null ? '' : new URL(publicUrl).pathname.replace(/\/+$/, '');
}
