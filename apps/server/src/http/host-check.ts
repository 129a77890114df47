import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { IsAllowedHost } from '../config/allowed-hosts.ts';
import { ServiceError } from '../platform/service-error.ts';

/** Load balancers call these under any address, and their responses contain no URLs. */
const probes = new Set(['/healthz', '/readyz']);
const maxShownLength = 100;

/**
 * Rejects foreign hosts before anything else reads the request. URLs in responses are built from the host, so
 * a page that points its own name at this server (DNS rebinding) would pass for a page of this server.
 */
export function addHostCheck(app: FastifyInstance, isAllowed: IsAllowedHost): void {
  app.addHook('onRequest', async (request) => {
    if (probes.has(request.routeOptions.url ?? '')) return;
    const refused = listHosts(request).find((host) => !isAllowed(host, request.socket.localAddress));
    if (refused !== undefined) throw hostNotAllowed(refused);
  });
}

/**
 * The host from the request and the host that a trusted proxy forwarded. Check both: a page can send
 * `X-Forwarded-Host` too, and its browser may run at a proxy's address.
 */
function listHosts(request: FastifyRequest): string[] {
  return [...new Set([request.headers.host ?? '', request.host])];
}

function hostNotAllowed(host: string): ServiceError {
  const shown = JSON.stringify(host.slice(0, maxShownLength));
  return new ServiceError(
    'host_not_allowed',
    `This server does not serve the host ${shown}. Call it at its public address (PUMPHOUSE_PUBLIC_URL) or on loopback, or have its operator add the name to PUMPHOUSE_ALLOWED_HOSTS.`,
  );
}
