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
