import type { FastifyRequest } from 'fastify';
import { originOf } from '../http/base-url.ts';
import { ServiceError } from '../platform/service-error.ts';

/**
 * Keeps out pages of other sites: browsers say in `Origin` where a page is from. The host of the request is checked for all of the API
 * (`http/host-check.ts`).
 * @throws ServiceError forbidden
 */
export function requireOwnOrigin(request: FastifyRequest, publicUrl: string | null): void {
  const { origin } = request.headers;
  if (origin === undefined || origin === new URL(originOf(request, publicUrl)).origin) return;
  throw new ServiceError('forbidden', 'Pages of other sites may not call this address.');
}
