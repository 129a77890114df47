import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';

/** Paths that are called all the time and tell nothing while they succeed. */
const quietPaths = /^\/(healthz|readyz|metrics|pumphouse\/v1\/attempts\/)/;

/** What follows is a credential. */
const hooks = '/hooks/';
const webhookToken = new RegExp(`(${hooks}+)[^/]+`, 'gi');

/**
 * One line a request. Neither headers nor the query are in it: both can carry secrets. The same id is in the answer, so that what a
 * caller reports can be found.
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

/** The path as it was asked for, without the secret of a webhook's address, however that was written. */
function describePath({ url, routeOptions, params }: FastifyRequest): string {
  if (routeOptions.url?.startsWith(hooks)) return `${hooks}***/${(params as { '*'?: string })['*'] ?? ''}`;
  const [path = ''] = url.split('?', 1);
  return path.replaceAll(webhookToken, '$1***');
}
