import type { AttemptLog } from '../services/logs/attempt-log.ts';
import type { AttemptSecrets } from '../services/attempts/attempt-secrets.ts';
import type { Authorize } from '../services/people/authorize.ts';
import type { BeginAttempt } from '../services/attempts/begin-attempt.ts';
import type { AppPlaces } from './wire/places.ts';
import type { AppServices } from '../services/apps/apps.ts';
import type { BodyLimits } from '../http/body-pace.ts';
import type { BlobStore } from '../blobs/blob-store.ts';
import type { ConsoleFiles } from '../console/console-files.ts';
import type { CompareVersions } from '../services/versions/compare-versions.ts';
import type { RollBack } from '../services/versions/roll-back.ts';
import type { CancelRuns } from '../services/runs/cancel-runs.ts';
import type { EndUnknownRun } from '../services/attempts/end-unknown-run.ts';
import type { Credentials } from '../services/sign-in/credentials.ts';
import type { Deploy } from '../services/jobs/deploy.ts';
import type { Invitations } from '../services/people/invitations.ts';
import type { Logger } from 'pino';
import type { LogFiles } from '../blobs/logs/log-file.ts';
import type { PageServices } from '../pages/page-services.ts';
import type { Persistence } from '../store/store.ts';
import type { Readiness } from './probes/readiness.ts';
import type { RecordSpool } from '../services/attempts/record-spool.ts';
import type { RetentionLimits } from '../domain/retention/retention-limits.ts';
import type { StartRuns } from '../services/runs/start-runs.ts';
import type { Clock } from '../services/scheduling/clock.ts';
import type { SignIn } from '../services/sign-in/sign-in.ts';
import type { UploadPackage } from '../services/versions/upload-package.ts';
import type { TakeDelivery } from '../services/webhooks/take-delivery.ts';
import type { Variables } from '../services/variables/variables.ts';
import type { Webhooks } from '../services/webhooks/webhooks.ts';

/** Everything the API needs; `main.ts` provides it. */
export interface ApiDependencies {
  persistence: Persistence;
  credentials: Credentials;
  /** Secrets with which attempts and this server authenticate each other. */
  attemptSecrets: AttemptSecrets;
  authorize: Authorize;
  attemptLog: AttemptLog;
  logFiles: LogFiles;
  blobs: BlobStore;
  /** Folder for uploads in progress, used only by the API. Files left by a crash are removed. */
  uploadDir: string;
  /** Maximum size of an uploaded archive, in bytes. */
  maxUploadBytes: number;
  /** URL at which clients reach this server; null uses the address of each request. */
  publicUrl: string | null;
  /** Hosts this server answers to, in addition to loopback and the host of the public URL. */
  allowedHosts?: readonly string[];
  /** Addresses and networks of trusted reverse proxies; none by default. */
  trustedProxies?: readonly string[];
  /** Retention periods. Read-only here: only server settings change them. */
  retention: RetentionLimits;
  log: Logger;
  /** Services for the server-rendered pages. */
  pages: PageServices;
  /** Resolves the URLs of apps. */
  apps: AppPlaces;
  /** The built console; null if it was not built. */
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
  /** Maximum requests of one caller to the API in a minute; 0, the default, is no limit. */
  requestsPerMinute?: number;
  /** Minimum speed of request bodies; `defaultBodyLimits` by default. */
  bodyLimits?: BodyLimits;
  readiness: () => Promise<Readiness>;
  /** Idle time of a log stream before a keep-alive comment is sent; 15 s by default. */
  streamIdleMs?: number;
  /** How often to check that subscribers to events still have access; 30 s by default. */
  streamCheckMs?: number;
}
