import type { FastifyRequest } from 'fastify';
import { originOf } from '../http/base-url.ts';
import { ServiceError } from '../platform/service-error.ts';

/**
 * Rejects calls from pages of other sites, which browsers identify in `Origin`. The host is checked for the
 * whole API, in `http/host-check.ts`.
 * @throws ServiceError forbidden
 */
export function requireOwnOrigin(request: FastifyRequest, publicUrl: string | null): void {
  const { origin } = request.headers;
  if (origin === undefined || origin === new URL(originOf(request, publicUrl)).origin) return;
  throw new ServiceError('forbidden', 'Pages of other sites may not call this address.');
}
