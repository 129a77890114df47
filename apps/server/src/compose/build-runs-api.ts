import type { AnyHandler } from '../api/route-registration.ts';
import type { ApiDependencies } from '../api/dependencies.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Route } from '@pumphouse/contract';
import { routes } from '@pumphouse/contract';
import { addBodyDeadline } from '../http/body-deadline.ts';
import { addHostCheck } from '../http/host-check.ts';
import { addClientVersions } from '../http/client-versions.ts';
import { addRequestLog } from '../http/request-log.ts';
import { createAllowedHosts } from '../config/allowed-hosts.ts';
import { createAuthenticateAttempt } from '../services/attempts/authenticate-attempt.ts';
import { createHandlers } from '../api/handlers.ts';
import { createHttpApp } from '../http/http-app.ts';
import { registerAttemptRoutes } from '../api/attempts/attempts-routes.ts';
import { registerRoute } from '../api/route-registration.ts';
import { ServiceError } from '../platform/service-error.ts';

/** The attempt routes and nothing else, not listening yet: what bootstraps on this machine reach. */
export function buildAttemptsApi(dependencies: ApiDependencies): FastifyInstance {
  const { log, services } = dependencies;
  const app = createHttpApp(log);
  addRequestLog(app, log);
  addBodyDeadline(app, dependencies.bodyLimits);
  addHostCheck(app, createAllowedHosts(dependencies.allowedHosts ?? []));
  // Before a byte of the body is read.
  app.addHook('onRequest', async (request) => {
    if (request.is404) throw refuseOperation(request);
  });
  addClientVersions(app);
  app.get('/healthz', async () => ({ status: 'ok' }));
  registerAttemptRoutes(app, {
    authenticateAttempt: createAuthenticateAttempt(dependencies.persistence, dependencies.attemptSecrets),
    beginAttempt: services.beginAttempt,
    recordSpool: services.recordSpool,
  });
  return app;
}

/**
 * What containers of runs reach, not listening yet: the attempt routes to bootstraps, and to the token of a run the operations that user
 * code has. A key or another token is good for nothing here, so that a run which got hold of one cannot use it.
 */
export function buildRunsApi(dependencies: ApiDependencies): FastifyInstance {
  const { credentials } = dependencies;
  const closing = new AbortController();
  const handlers = createHandlers(dependencies, closing.signal) as Record<string, AnyHandler | undefined>;
  const app = buildAttemptsApi(dependencies);
  app.addHook('preClose', async () => closing.abort());
  const context = {
    authorize: dependencies.authorize,
    credentials: {
      ...credentials,
      authenticateUser: (bearer: string) => credentials.authenticateRun(bearer),
    },
    // What answers name as this server's address has to be one that the run reaches.
    publicUrl: null,
    apps: dependencies.apps,
  };
  for (const route of routes.filter(isForRuns)) {
    const handler = handlers[route.operationId];
    if (handler) registerRoute(app, route, context, handler);
  }
  return app;
}

/** What a run's token may do there is decided where it is decided for everybody: by its permission. */
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
