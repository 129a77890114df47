import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { IsAllowedHost } from '../config/allowed-hosts.ts';
import { ServiceError } from '../platform/service-error.ts';

/** A load balancer calls these by whatever address it has, and the answers hold no address. */
const probes = new Set(['/healthz', '/readyz']);
const maxShownLength = 100;

/**
 * Refuses hosts that are not this server's, before anything else reads the request: addresses in answers are built from the host, and a
 * page of another site that has pointed its own name here (DNS rebinding) would be taken for a page of this server.
 */
export function addHostCheck(app: FastifyInstance, isAllowed: IsAllowedHost): void {
  app.addHook('onRequest', async (request) => {
    if (probes.has(request.routeOptions.url ?? '')) return;
    const refused = listHosts(request).find((host) => !isAllowed(host, request.socket.localAddress));
    if (refused !== undefined) throw hostNotAllowed(refused);
  });
}

/**
 * The host that the caller named, and that which a trusted proxy has added. A page can send `X-Forwarded-Host` too, and its browser may
 * have the address of a proxy, so neither replaces the other.
 */
function listHosts(request: FastifyRequest): string[] {
  return [...new Set([request.headers.host ?? '', request.host])];
}

function hostNotAllowed(host: string): ServiceError {
  const shown = JSON.stringify(host.slice(0, maxShownLength));
  return new ServiceError(
    'host_not_allowed',
    `This server does not answer under the host ${shown}. Call it at its public address (PUMPHOUSE_PUBLIC_URL) or on loopback, or have its operator add the name to PUMPHOUSE_ALLOWED_HOSTS.`,
  );
}
