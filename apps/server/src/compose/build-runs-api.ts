import type { ApiDependencies } from '../api/dependencies.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Route } from '@pumphouse/contract';
import { routes } from '@pumphouse/contract';
import { addBodyDeadline } from '../http/body-deadline.ts';
import { addHostCheck } from '../http/host-check.ts';
import { addClientVersions } from '../http/client-versions.ts';
import { addRequestLimit } from '../http/request-limit.ts';
import { addRequestLog } from '../http/request-log.ts';
import { createAllowedHosts } from '../config/allowed-hosts.ts';
import { createHandlers } from '../api/handlers.ts';
import { createHttpApp } from '../http/http-app.ts';
import { registerAttemptRoutes } from '../api/attempts/attempts-routes.ts';
import { eraseTypes, registerRoute } from '../api/route-registration.ts';
import { ServiceError } from '../platform/service-error.ts';

/** Builds the API for bootstraps on this machine, without listening: only the attempt routes. */
export function buildAttemptsApi(dependencies: ApiDependencies): FastifyInstance {
  const { log, services } = dependencies;
  const app = createHttpApp(log);
  addRequestLog(app, log);
  addBodyDeadline(app, dependencies.bodyLimits);
  addHostCheck(app, createAllowedHosts(dependencies.readAllowedHosts));
  // Reject unknown routes before reading any of the body.
  app.addHook('onRequest', async (request) => {
    if (request.is404) throw refuseOperation(request);
  });
  addClientVersions(app);
  app.get('/healthz', async () => ({ status: 'ok' }));
  registerAttemptRoutes(app, services);
  return app;
}

/**
 * Builds the API for containers of runs, without listening. Bootstraps get the attempt routes; a run token
 * gets the operations open to user code. Keys and other tokens are rejected, so a run that obtained one
 * cannot use it.
 */
export function buildRunsApi(dependencies: ApiDependencies): FastifyInstance {
  const { services } = dependencies;
  const { authorize, credentials } = services;
  const closing = new AbortController();
  const handlers = eraseTypes(createHandlers(services, { ...dependencies, closing: closing.signal }));
  const app = buildAttemptsApi(dependencies);
  app.addHook('preClose', async () => closing.abort());
  const context = {
    authorize,
    credentials: {
      ...credentials,
      authenticateUser: (bearer: string) => credentials.authenticateRun(bearer),
    },
    // URLs in responses must use an address that the run can reach.
    publicUrl: null,
    apps: dependencies.apps,
    requestLimit: addRequestLimit(app, dependencies.readRequestsPerMinute),
  };
  for (const route of routes.filter(isForRuns)) {
    const handler = handlers[route.operationId];
    if (handler) registerRoute(app, route, context, handler);
  }
  return app;
}

/** The permission of each route decides what a run token may do, as for every other caller. */
function isForRuns(route: Route): boolean {
  return route.credential === 'user';
}

function refuseOperation({ method, url }: FastifyRequest): ServiceError {
  const [path] = url.split('?', 1);
  return new ServiceError(
    'runs_only',
    `This address serves runs only, and has no operation ${method} ${path} for them. Call it at the public address of the server.`,
  );
}
