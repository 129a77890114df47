import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { pathParamsOf } from './path-params.ts';

/** Paths that are polled constantly and not worth logging on success. */
const quietPaths = /^\/(healthz|readyz|metrics|pumphouse\/v1\/attempts\/)/;

/** The segment after this prefix is a credential. */
const hooks = '/hooks/';
const webhookToken = new RegExp(`(${hooks}+)[^/]+`, 'gi');

/**
 * Logs one line per request. Headers and query are left out because both can carry secrets. The response has
 * the same request id, so a caller's report can be matched to the log.
 */
export function addRequestLog(app: FastifyInstance, log: Logger): void {
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers({
      'x-request-id': request.id,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
  });
  app.addHook('onResponse', async (request, reply) => {
    const entry = {
      requestId: request.id,
      method: request.method,
      path: describePath(request),
      status: reply.statusCode,
      durationMs: Math.round(reply.elapsedTime),
    };
    if (reply.statusCode >= 500 && reply.statusCode !== 501) log.warn(entry, 'request');
    else if (quietPaths.test(entry.path)) log.debug(entry, 'request');
    else log.info(entry, 'request');
  });
}

/** The requested path with the webhook secret masked, however it was written. */
function describePath(request: FastifyRequest): string {
  const { url, routeOptions } = request;
  if (routeOptions.url?.startsWith(hooks)) return `${hooks}***/${pathParamsOf(request)['*'] ?? ''}`;
  const [path = ''] = url.split('?', 1);
  return path.replaceAll(webhookToken, '$1***');
}
