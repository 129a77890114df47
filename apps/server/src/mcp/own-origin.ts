import type { FastifyRequest } from 'fastify';
import { isLoopback } from '../exposure.ts';
import { originOf } from '../api/route-registration.ts';
import { ServiceError } from '../services/service-error.ts';

/**
 * Keeps out pages of other sites, also those that have had the name of their own server lead here: browsers say in `Origin` where a page
 * is from, and a server that has no public address has no other names than those of loopback.
 * @throws ServiceError forbidden
 */
export function requireOwnOrigin(request: FastifyRequest, publicUrl: string | null): void {
  if (publicUrl === null && !isLoopbackName(request.host)) {
    throw new ServiceError(
      'forbidden',
      'This server has no public address and answers on loopback only: call it as http://127.0.0.1.',
    );
  }
  const { origin } = request.headers;
  if (origin === undefined || origin === new URL(originOf(request, publicUrl)).origin) return;
  throw new ServiceError('forbidden', 'Pages of other sites may not call this address.');
}

/** @param host with a port or without */
function isLoopbackName(host: string): boolean {
  const url = URL.parse(`http://${host}`);
  return url !== null && isLoopback(url.hostname.replace(/^\[(.*)\]$/, '$1'));
}
