import type { AttemptLog } from '../services/logs/attempt-log.ts';
import type { AttemptSecrets } from '../services/attempts/attempt-secrets.ts';
import type { Authorize } from '../services/people/authorize.ts';
import type { AnyHandler } from './route-registration.ts';
import type { BeginAttempt } from '../services/attempts/begin-attempt.ts';
import type { AppPlaces } from './wire/places.ts';
import type { AppServices } from '../services/apps/apps.ts';
import type { BodyLimits } from './http/body-pace.ts';
import type { BlobStore } from '../blobs/blob-store.ts';
import type { ConsoleFiles } from '../console/console-files.ts';
import type { CompareVersions } from '../services/versions/compare-versions.ts';
import type { RollBack } from '../services/versions/roll-back.ts';
import type { CancelRuns } from '../services/runs/cancel-runs.ts';
import type { EndUnknownRun } from '../services/attempts/end-unknown-run.ts';
import type { Credentials } from '../services/sign-in/credentials.ts';
import type { Deploy } from '../services/jobs/deploy.ts';
import type { FastifyInstance } from 'fastify';
import type { Handlers } from './handler.ts';
import type { Invitations } from '../services/people/invitations.ts';
import type { Logger } from 'pino';
import type { LogFiles } from '../blobs/logs/log-file.ts';
import type { PageServices } from '../pages/page-services.ts';
import type { Persistence } from '../store/store.ts';
import type { Readiness } from './probes/probes-routes.ts';
import type { RecordSpool } from '../services/attempts/record-spool.ts';
import type { RetentionLimits } from '../domain/retention/retention-limits.ts';
import type { Route } from '@pumphouse/contract';
import type { Clock, StartRuns } from '../services/runs/start-runs.ts';
import type { SignIn } from '../services/sign-in/sign-in.ts';
import type { UploadPackage } from '../services/versions/upload-package.ts';
import type { TakeDelivery } from '../services/webhooks/take-delivery.ts';
import type { Variables } from '../services/variables/variables.ts';
import type { Webhooks } from '../services/webhooks/webhooks.ts';
import multipart from '@fastify/multipart';
import { isMultipartBody, requirements, routes } from '@pumphouse/contract';
import { addBodyDeadline } from './http/body-deadline.ts';
import { addHostCheck } from './http/host-check.ts';
import { addClientVersions } from './http/client-versions.ts';
import { addRequestLog } from './http/request-log.ts';
import { createAllowedHosts } from '../config/allowed-hosts.ts';
import { checkRouteTable } from './route-check.ts';
import { createAuthenticateAttempt } from '../services/attempts/authenticate-attempt.ts';
import { createHttpApp } from './http-app.ts';
import { createOperationCalls } from './call-operation.ts';
import { createHandlers } from './handlers.ts';
import { registerRoute } from './route-registration.ts';
import { registerAttemptRoutes } from './attempts/attempts-routes.ts';
import { registerConsole } from '../console/register-console.ts';
import { registerHooks } from './webhooks/hooks-routes.ts';
import { registerMcp } from '../mcp/register-mcp.ts';
import { registerPages } from '../pages/register-pages.ts';
import { registerProbes } from './probes/probes-routes.ts';
import { removeAbandonedUploads } from './http/received-files.ts';

/** What the API is made of; `main.ts` has it all. */
export interface ApiDependencies {
  persistence: Persistence;
  credentials: Credentials;
  /** What attempts and this server prove themselves with. */
  attemptSecrets: AttemptSecrets;
  authorize: Authorize;
  attemptLog: AttemptLog;
  logFiles: LogFiles;
  blobs: BlobStore;
  /** A folder of the API's own for uploads on their way; what a crash left there is removed. */
  uploadDir: string;
  /** Bytes of the largest archive that an upload may have. */
  maxUploadBytes: number;
  /** How clients reach this server; null takes the address that a request was sent to. */
  publicUrl: string | null;
  /** Names and addresses under which the server answers, besides loopback and the host of the public URL. */
  allowedHosts?: readonly string[];
  /** Addresses and networks of proxies before this server; none unless set. */
  trustedProxies?: readonly string[];
  /** How long things are kept: told, and changed by a setting of the server only. */
  retention: RetentionLimits;
  log: Logger;
  /** What the pages for people call. */
  pages: PageServices;
  /** Where apps are met. */
  apps: AppPlaces;
  /** The console as it was built; null where it was not. */
  consoleFiles: ConsoleFiles | null;
  services: {
    clock: Clock;
    startRuns: StartRuns;
    deploy: Deploy;
    cancelRuns: CancelRuns;
    endUnknownRun: EndUnknownRun;
    recordSpool: RecordSpool;
    beginAttempt: BeginAttempt;
    uploadPackage: UploadPackage;
    signIn: SignIn;
    variables: Variables;
    webhooks: Webhooks;
    invitations: Invitations;
    takeDelivery: TakeDelivery;
    compareVersions: CompareVersions;
    rollBack: RollBack;
    apps: AppServices;
  };
  /** How fast bodies have to arrive; `defaultBodyLimits` unless set. */
  bodyLimits?: BodyLimits;
  readiness: () => Promise<Readiness>;
  /** How long a log stream is silent before a comment shows that it lives; 15 s unless set. */
  streamIdleMs?: number;
  /** How often it is looked whether those who follow events are still let in; every 30 s unless set. */
  streamCheckMs?: number;
}

/**
 * The HTTP API, not listening yet. Everything that is served comes from the route table of the contract, beside it the attempt routes,
 * the probes, the addresses of webhooks and the MCP server.
 * @param handlers those of the services, unless a test gives others
 * @throws Error when the route table, the handlers and the permissions do not fit each other
 */
export function buildApi(dependencies: ApiDependencies, handlers?: Handlers): FastifyInstance {
  const closing = new AbortController();
  const served = handlers ?? createHandlers(dependencies, closing.signal);
  checkRouteTable({ routes, handled: Object.keys(served), requirements });

  const app = createHttpApp(dependencies.log, dependencies.trustedProxies);
  app.addHook('preClose', async () => closing.abort());
  app.addHook('onReady', () => removeAbandonedUploads(dependencies.uploadDir));
  addRequestLog(app, dependencies.log);
  addBodyDeadline(app, dependencies.bodyLimits);
  addHostCheck(app, createAllowedHosts(listAllowedHosts(dependencies)));
  addClientVersions(app);
  registerProbes(app, dependencies.readiness);
  registerAttemptRoutes(app, {
    authenticateAttempt: createAuthenticateAttempt(dependencies.persistence, dependencies.attemptSecrets),
    beginAttempt: dependencies.services.beginAttempt,
    recordSpool: dependencies.services.recordSpool,
  });

  registerHooks(app, dependencies.services.takeDelivery);
  const { pages, publicUrl, log, consoleFiles } = dependencies;
  registerPages(app, { services: pages, publicUrl, log });
  registerConsole(app, { services: pages, publicUrl, log, files: consoleFiles });
  const callsFor = createOperationCalls(served, dependencies.authorize, dependencies.apps);
  registerMcp(app, { credentials: dependencies.credentials, callsFor, publicUrl, log });

  const register = (scope: FastifyInstance, route: Route) => {
    const handler = (served as Record<string, AnyHandler>)[route.operationId];
    if (handler) registerRoute(scope, route, dependencies, handler);
  };
  const table: readonly Route[] = routes;
  for (const route of table.filter((row) => !isUpload(row))) register(app, route);
  // Multipart bodies are known to the upload routes alone; elsewhere they are refused as any other foreign type.
  void app.register(async (uploads) => {
    await uploads.register(multipart, { throwFileSizeLimit: false });
    for (const route of table.filter(isUpload)) register(uploads, route);
  });
  return app;
}

/** @returns the names under which an API answers, for `createAllowedHosts` */
function listAllowedHosts({ publicUrl, allowedHosts = [] }: ApiDependencies): string[] {
  return publicUrl === null ? [...allowedHosts] : [new URL(publicUrl).host, ...allowedHosts];
}

function isUpload(route: Route): boolean {
  return route.body !== undefined && isMultipartBody(route.body);
}
