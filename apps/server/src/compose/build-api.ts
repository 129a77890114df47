import type { ApiDependencies } from '../api/dependencies.ts';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Handlers } from '../api/handler.ts';
import type { IncomingMessage } from 'node:http';
import type { Route } from '@pumphouse/contract';
import multipart from '@fastify/multipart';
import { isMultipartBody, requirements, routes } from '@pumphouse/contract';
import { addBodyDeadline } from '../http/body-deadline.ts';
import { addHostCheck } from '../http/host-check.ts';
import { addCompression } from '../http/compression.ts';
import { addClientVersions } from '../http/client-versions.ts';
import { addRequestLimit } from '../http/request-limit.ts';
import { addRequestLog } from '../http/request-log.ts';
import { createAllowedHosts } from '../config/allowed-hosts.ts';
import { checkRouteTable } from '../api/route-check.ts';
import { createHttpApp } from '../http/http-app.ts';
import { createOperationCalls } from '../api/call-operation.ts';
import { createHandlers } from '../api/handlers.ts';
import { eraseTypes, registerRoute } from '../api/route-registration.ts';
import { registerAttemptRoutes } from '../api/attempts/attempts-routes.ts';
import { registerConsole, sendConsole } from '../console/register-console.ts';
import { registerDocs } from '../console/register-docs.ts';
import { registerHooks } from '../api/webhooks/hooks-routes.ts';
import { registerOlderClient } from '../older-client/register-older-client.ts';
import { registerMcp } from '../mcp/register-mcp.ts';
import { isAppConnection, serveAppConnections } from '../listeners/app-connections.ts';
import { isWorkerConnection, serveWorkerConnections } from '../listeners/worker-connections.ts';
import { registerPages } from '../pages/register-pages.ts';
import { registerProbes } from '../api/probes/probes-routes.ts';

/**
 * Builds the HTTP API without listening: the contract's route table, attempt routes, probes, webhook URLs and
 * the MCP server.
 * @param handlers the services' handlers unless a test passes its own
 * @throws Error when the route table, the handlers and the permissions do not match
 */
export function buildApi(dependencies: ApiDependencies, handlers?: Handlers): FastifyInstance {
  const closing = new AbortController();
  const { services } = dependencies;
  const served = handlers ?? createHandlers(services, { ...dependencies, closing: closing.signal });
  checkRouteTable({ routes, handled: Object.keys(served), requirements });

  const { appConnections } = dependencies;
  const mayUpgrade = (request: IncomingMessage) =>
    isWorkerConnection(request) || (appConnections !== undefined && isAppConnection(request));
  const { pages, publicUrl, log, consoleFiles, trustedProxies } = dependencies;
  const sendNotFoundPage = consoleFiles
    ? (reply: FastifyReply) => sendConsole(reply, consoleFiles, { publicUrl, livePosition: null })
    : undefined;
  const app = createHttpApp(log, { trustedProxies, mayUpgrade, sendNotFoundPage });
  const endWorkerConnections = serveWorkerConnections(app.server, {
    authenticateWorker: services.authenticateWorker,
    accept: dependencies.acceptWorker,
    log: dependencies.log,
  });
  const endAppConnections = appConnections && serveAppConnections(app.server, appConnections);
  app.addHook('preClose', async () => {
    closing.abort();
    endWorkerConnections();
    endAppConnections?.();
  });
  addRequestLog(app, dependencies.log);
  addBodyDeadline(app, dependencies.bodyLimits);
  addHostCheck(
    app,
    createAllowedHosts(() => listAllowedHosts(dependencies)),
  );
  addClientVersions(app);
  addCompression(app);
  const requestLimit = addRequestLimit(app, dependencies.readRequestsPerMinute);
  registerProbes(app, {
    readiness: dependencies.readiness,
    readBacklog: dependencies.readBacklog,
    metricsToken: dependencies.metricsToken ?? null,
    instruments: services.instruments,
  });
  registerAttemptRoutes(app, services);
  registerHooks(app, services.takeDelivery);
  registerPages(app, { services: pages, publicUrl, log });
  registerConsole(app, {
    services: pages,
    publicUrl,
    log,
    files: consoleFiles,
    readLivePosition: services.readLivePosition,
  });
  registerDocs(app, { docsFolder: dependencies.docsFolder, publicUrl });
  const callsFor = createOperationCalls(served, services.authorize, dependencies.apps);
  registerOlderClient(app, { ...dependencies, callsFor, requestLimit });
  registerMcp(app, { credentials: services.credentials, callsFor, publicUrl, requestLimit, log });

  const { authorize, credentials } = services;
  const context = { authorize, credentials, publicUrl, apps: dependencies.apps, requestLimit };
  const erased = eraseTypes(served);
  const register = (scope: FastifyInstance, route: Route) => {
    const handler = erased[route.operationId];
    if (handler) registerRoute(scope, route, context, handler);
  };
  const table: readonly Route[] = routes;
  for (const route of table.filter((row) => !isUpload(row))) register(app, route);
  // Only the upload routes accept multipart bodies; every other route rejects them as an unsupported type.
  void app.register(async (uploads) => {
    await uploads.register(multipart, { throwFileSizeLimit: false });
    for (const route of table.filter(isUpload)) register(uploads, route);
  });
  return app;
}

/** @returns the host names this API answers to, for `createAllowedHosts` */
function listAllowedHosts({ publicUrl, readAllowedHosts = () => [] }: ApiDependencies): string[] {
  const allowedHosts = readAllowedHosts();
  return publicUrl === null ? [...allowedHosts] : [new URL(publicUrl).host, ...allowedHosts];
}

function isUpload(route: Route): boolean {
  return route.body !== undefined && isMultipartBody(route.body);
}
