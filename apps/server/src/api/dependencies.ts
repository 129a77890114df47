import type { AcceptWorker } from '../listeners/worker-connections.ts';
import type { AppConnectionsOptions } from '../listeners/app-connections.ts';
import type { AppUrls } from './serializers/request-urls.ts';
import type { Backlog } from '../services/runs/read-backlog.ts';
import type { BodyLimits } from '../http/body-pace.ts';
import type { ConsoleFiles } from '../console/console-files.ts';
import type { HandlerContext } from './handlers.ts';
import type { PageServices } from '../pages/page-services.ts';
import type { Readiness } from './probes/readiness.ts';
import type { Services } from '../services/create-services.ts';

/** Everything the API needs; `main.ts` provides it. */
export interface ApiDependencies extends Omit<HandlerContext, 'closing'> {
  services: Services;
  /** Services for the server-rendered pages. */
  pages: PageServices;
  /** URL at which clients reach this server; null uses the address of each request. */
  publicUrl: string | null;
  /** Hosts this server answers to, in addition to loopback and the host of the public URL; read for each request. */
  readAllowedHosts?: () => readonly string[];
  /** Addresses and networks of trusted reverse proxies; none by default. */
  trustedProxies?: readonly string[];
  /** Resolves the URLs of apps. */
  apps: AppUrls;
  /** The built console; null if it was not built. */
  consoleFiles: ConsoleFiles | null;
  /** Maximum requests of one caller to the API in a minute; 0, the default, is no limit. Read for each request. */
  readRequestsPerMinute?: () => number;
  /** Where the documentation is built. */
  docsFolder: string;
  /** Minimum speed of request bodies; `defaultBodyLimits` by default. */
  bodyLimits?: BodyLimits;
  /** Takes the connection of a worker. */
  acceptWorker: AcceptWorker;
  /** Connects other servers of the installation to apps of workers; undefined for an API without workers. */
  appConnections?: AppConnectionsOptions;
  readiness: () => Promise<Readiness>;
  /** What is left to do in the installation, for `/metrics`; null if it cannot be read at the moment. */
  readBacklog: () => Promise<Backlog | null>;
  /** What `/metrics` requires as a bearer token; null or absent for no credential. */
  metricsToken?: string | null;
}
