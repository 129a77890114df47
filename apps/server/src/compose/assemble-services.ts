import type { Config } from '../config/config.ts';
import type { Logger } from 'pino';
import type { Persistence } from '../store/store.ts';
import { assembleRunEnds } from './assemble-run-ends.ts';
import { createAttemptSecrets } from '../services/attempts/attempt-secrets.ts';
import { createBeginAttempt } from '../services/attempts/begin-attempt.ts';
import { createCancelRuns } from '../services/runs/cancel-runs.ts';
import { createCompareVersions } from '../services/versions/compare-versions.ts';
import { createCredentials } from '../services/sign-in/credentials.ts';
import { createDeploy } from '../services/jobs/deploy.ts';
import type { Encryption } from '../platform/encryption.ts';
import { createFolderBlobStore } from '../blobs/folder-blob-store.ts';
import { createInvitations } from '../services/people/invitations.ts';
import { createIngestTelemetry } from '../services/telemetry/ingest-telemetry.ts';
import { createRecordSpool } from '../services/attempts/record-spool.ts';
import { createRollBack } from '../services/versions/roll-back.ts';
import { createRunVariables } from '../services/variables/run-variables.ts';
import { createUploadPackage } from '../services/versions/upload-package.ts';
import { createSignIn } from '../services/sign-in/sign-in.ts';
import { createTakeDelivery } from '../services/webhooks/take-delivery.ts';
import { createVariables } from '../services/variables/variables.ts';
import { createWebhooks } from '../services/webhooks/webhooks.ts';

export type Services = ReturnType<typeof assembleServices>;

/**
 * Assembles the services over one database and one blob store.
 * @param parts.apiUrl URL at which user code reaches the API; called when a run begins
 */
export function assembleServices(
  config: Config,
  parts: { persistence: Persistence; encryption: Encryption; log: Logger; apiUrl: () => string },
) {
  const { persistence, encryption, log, apiUrl } = parts;
  const credentials = createCredentials(persistence, encryption);
  const attemptSecrets = createAttemptSecrets(encryption);
  const blobs = createFolderBlobStore(config.blobsDir);
  const runEnds = assembleRunEnds(config, persistence, log);
  const { attemptLog, clock, faultPoints, finishRun, startRuns } = runEnds;
  const ingestTelemetry = createIngestTelemetry({ persistence, blobs, log });
  const webhooks = createWebhooks(persistence, encryption);
  const cancelRuns = createCancelRuns(persistence, finishRun, attemptLog);
  const readRunVariables = createRunVariables(persistence, encryption);
  return {
    encryption,
    credentials,
    ...runEnds,
    blobs,
    ingestTelemetry,
    cancelRuns,
    readRunVariables,
    deploy: createDeploy(persistence, cancelRuns, { startRuns, webhooks }),
    recordSpool: createRecordSpool({
      persistence,
      attemptLog,
      blobs,
      finishRun,
      ingestTelemetry,
      instanceSizes: config.instanceSizes,
      faultPoints,
    }),
    attemptSecrets,
    beginAttempt: createBeginAttempt({
      persistence,
      blobs,
      encryption,
      credentials,
      readRunVariables,
      apiUrl,
    }),
    signIn: createSignIn({ persistence, credentials, encryption }),
    variables: createVariables(persistence, encryption),
    invitations: createInvitations({ persistence, encryption, sendsMail: config.mail !== null }),
    webhooks,
    takeDelivery: createTakeDelivery({ persistence, webhooks, startRuns, clock: clock }),
    compareVersions: createCompareVersions({ persistence, blobs, encryption }),
    rollBack: createRollBack({ persistence, blobs, encryption }),
    uploadPackage: createUploadPackage({
      persistence,
      blobs,
      encryption,
      archiveLimits: {
        maxBytes: config.maxUploadBytes,
        maxUnpackedBytes: config.maxUnpackedBytes,
        maxEntries: 50_000,
        maxManifestBytes: 8 * 1024 * 1024,
      },
    }),
  };
}
