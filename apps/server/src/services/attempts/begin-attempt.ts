import type {
  AdmittedRun,
  AttemptRecord,
  ConfigurationRecord,
  DeploymentRecord,
  FilesOfAttempt,
} from '../../store/records.ts';
import type { BlobStore } from '../../blobs/blob-store.ts';
import type { SignRead } from '../../blobs/s3/signed-reads.ts';
import type { Credentials } from '../sign-in/credentials.ts';
import type { Encryption } from '../../platform/encryption.ts';
import type { Persistence } from '../../store/store.ts';
import type { JobDefinition } from '../../domain/jobs/job-definition.ts';
import type { HoldPipelines } from '../pipelines/hold-pipelines.ts';
import type { PendingLimits } from '../../domain/pipelines/pending-packages.ts';
import type { PendingSettings } from '../pipelines/pending-settings.ts';
import type { GrantPlayground } from '../playground/grant-playground.ts';
import type { InstanceSizes } from '../../domain/attempts/instance-sizes.ts';
import type { JobVersions } from '../jobs/job-versions.ts';
import type { PackageVersions } from '../versions/package-versions.ts';
import type { SpanSender } from '../../traces/span.ts';
import type { RunVariables } from '../variables/run-variables.ts';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { attemptLimits } from './record-spool.ts';
import { isTerminalRunState } from '@pumphouse/contract';
import { createSmallArchives, type SmallArchives } from './small-archives.ts';
import { chooseInstanceLimits } from '../../domain/attempts/instance-sizes.ts';
import { findLocalFolder } from '../../domain/local-data/local-folder.ts';
import { decideArtifacts, type ArtifactsUse } from '../../domain/attempts/artifacts.ts';
import { variablesOfApp } from '../../domain/apps/app.ts';
import { portOfApp } from '../../domain/apps/app-trigger.ts';
import { chooseJobSettings } from '../../domain/jobs/job-settings.ts';
import { describePending } from '../pipelines/pending-settings.ts';
import { manifestBuildJobRef } from '../../domain/jobs/manifest-build.ts';
import { createMaskValues } from './mask-values.ts';
import { buildEntryPoint } from '../../domain/jobs/entry-point.ts';
import { classifyVariables } from '../../domain/variables/run-variable.ts';
import { classifyValues } from '../../domain/variables/secret-values.ts';
import { parseConfiguration } from '../versions/parse-configuration.ts';
import { createConfigurationArchives } from '../versions/version-archives.ts';
import { holdsSecrets } from '../../archives/configuration-archive.ts';
import { selectConfiguration } from '../../archives/select-configuration.ts';
import { readRequirementsManifest } from '../../domain/environments/requirements.ts';
import { bindsInput, writeEntryPoint } from '../../domain/runs/run-input.ts';
import { formatTraceParent, traceIdOf } from '../../traces/trace-ids.ts';
import { ServiceError } from '../../platform/service-error.ts';
import { LRUCache } from 'lru-cache';

export interface BeginAttemptDependencies {
  persistence: Persistence<'attempts' | 'dataSearch' | 'deployments' | 'localData'>;
  jobVersions: JobVersions;
  packageVersions: PackageVersions;
  blobs: BlobStore;
  /** Null: attempts read all archives here. */
  signRead: SignRead | null;
  encryption: Encryption;
  credentials: Credentials;
  readRunVariables: RunVariables;
  grantPlayground: GrantPlayground;
  pendingLimits: PendingLimits;
  holdPipelines: Pick<HoldPipelines, 'remember'>;
  instanceSizes: InstanceSizes;
  /** The URL at which user code reaches the API. */
  apiUrl: () => string;
  /** Null: no traces are sent. */
  traces: SpanSender | null;
}

/**
 * The data that a bootstrap needs to start user code; docs/contribute/attempt-protocol.md describes the
 * fields.
 */
export interface AttemptStart {
  run_id: string;
  profile: string;
  launcher: string;
  arguments: string[];
  /** Appended to the arguments; must not appear in the process list. */
  private_arguments: string[];
  variables: Record<string, string>;
  /** Secret by their key: masked in all that the run sends. */
  masked_values: string[];
  /** Masked in logs and in the texts of telemetry, and never in a name. */
  text_masked_values: string[];
  log_limit_bytes: number;
  beacon_limit_bytes: number;
  line_limit_bytes: number;
  /** The port on which an interactive job must listen; null for other jobs. */
  app_port: number | null;
  code_sha256: string | null;
  configuration_sha256: string | null;
  archives: SmallArchives;
  /** Where the object store sends code that is not in `archives`: a secret, never logged. */
  code_url?: string;
  code_bytes?: number;
  artifacts: ArtifactsUse | null;
  /** The folder of the workspace that becomes the local data too; null for none. */
  local_folder: string | null;
  /** How the run is named to runs that wait for its databases; null if it takes no locks, because it has a copy. */
  database_locks: { run: number; job: string } | null;
  /** What the steps before a pipeline writes read; null if there are none. */
  pipelines: PipelineSteps | null;
  intercept_signals: boolean;
  /** The server stores timelines of resources. */
  records_usage: boolean;
  /** What the run may write to the disk of its attempt; null for no limit. */
  disk_limit_bytes: number | null;
}

export type BeginAttempt = ReturnType<typeof createBeginAttempt>;

/**
 * Serves the requests of a bootstrap before user code starts: the permission to start, its parameters and the
 * files.
 */
export function createBeginAttempt(dependencies: BeginAttemptDependencies) {
  const {
    persistence,
    packageVersions,
    blobs,
    signRead,
    encryption,
    credentials,
    readRunVariables,
    apiUrl,
    traces,
  } = dependencies;
  const configurationArchives = createConfigurationArchives(blobs, encryption);
  const readSmallArchives = createSmallArchives(blobs);
  const maskValues = createMaskValues(persistence);

  /**
   * Finds the run of a bootstrap that repeats its request, because the first response was lost.
   * @throws ServiceError claim_lost
   */
  async function findAdmitted(attemptId: string, nonce: string): Promise<AdmittedRun> {
    const { attempts } = persistence.store;
    const attempt = await attempts.get(attemptId);
    if (!attempt || attempt.closedAt || attempt.begunBy !== nonce || hasStarted(attempt)) throw claimLost();
    const run = await attempts.readAdmitted(attempt.jobRunId);
    if (!run || isTerminalRunState(run.status) || run.status === 'starting') throw claimLost();
    return run;
  }

  /**
   * A pod that was deleted while its node was cut off may still run beside the pod that replaced it: only the pod
   * of the stored handle begins. The bootstrap repeats its request until the handle is stored.
   * @throws ServiceError attempt_not_ready, claim_lost
   */
  async function requireOwnPod(attemptId: string, podUid: string): Promise<void> {
    const attempt = await persistence.store.attempts.get(attemptId);
    if (!attempt || attempt.closedAt) throw claimLost();
    if (attempt.handle === null)
      throw new ServiceError('attempt_not_ready', 'The server has not stored where this attempt runs yet.');
    if (attempt.handle.data['podUid'] !== podUid) throw claimLost();
  }

  async function describe(run: AdmittedRun, attemptId: string, by: Bootstrap): Promise<AttemptStart> {
    const { definition } = await dependencies.jobVersions.get(run.jobVersionId);
    const deployment = await packageVersions.getDeployment(run);
    const configuration = await packageVersions.getConfiguration(run);
    // Read once, at this moment: later changes to the workspace's variables apply only to later runs.
    const { variables } = await readRunVariables(run.workspaceId, run.profile);
    const playground = await dependencies.grantPlayground(run, attemptId);
    const selected = await openSelected(configuration, run.profile);
    const { files } = selected;
    const documents = files.map(({ content }) => content);
    const token = await credentials.issueRunToken(attemptId);
    const archives = by.isOfOlderRelease ? {} : await readSmallArchives(deployment, selected.archive);
    const interval =
      run.intervalStart && run.intervalEnd ? { start: run.intervalStart, end: run.intervalEnd } : null;
    const entryPoint = buildEntryPoint({
      definition,
      interval,
      profile: run.profile,
      refresh: run.refresh,
      dltVersion: readRequirementsManifest(deployment.requirements).dlt_version.version,
    });
    const { input } = run;
    const isBound = input !== null && bindsInput(run, input);
    const entryArguments = ['--entry-point', writeEntryPoint(entryPoint, input, isBound)];
    const masked = await maskValues(run, by, [
      { everywhere: [token, ...playground.maskedValues], inTexts: [] },
      classifyVariables(variables),
      ...files.filter(({ name }) => holdsSecrets(name)).map(({ content }) => classifyValues(content)),
    ]);
    return {
      run_id: run.id,
      profile: run.profile,
      launcher: definition.entry_point.launcher,
      arguments: ['--run-id', run.id, '--trigger', run.trigger, ...(input === null ? entryArguments : [])],
      private_arguments: input === null ? [] : entryArguments,
      variables: {
        LANG: 'C.UTF-8',
        ...(traces && {
          TRACEPARENT: formatTraceParent(run.id, attemptId, traces.isSampled(traceIdOf(run.id))),
        }),
        ...variablesOfApp(definition, documents),
        ...Object.fromEntries(variables.map(({ name, value }) => [name, value])),
        ...playground.variables,
        WORKSPACE__PROFILE: run.profile,
        RUNTIME__RUN_ID: run.id,
        RUNTIME__DLTHUB_TELEMETRY: 'false',
        RUNTIME__API_BASE_URL: apiUrl(),
        RUNTIME__DATAPLANE_BASE_URL: apiUrl(),
        RUNTIME__WORKSPACE_ID: run.workspaceId,
        RUNTIME__ORGANIZATION_ID: run.organizationId,
        RUNTIME__AUTH_TOKEN: token,
        PYTHONUNBUFFERED: '1',
      },
      masked_values: masked.everywhere,
      text_masked_values: masked.inTexts,
      log_limit_bytes: attemptLimits.logBytes,
      beacon_limit_bytes: attemptLimits.beaconBytes,
      line_limit_bytes: attemptLimits.lineBytes,
      app_port: definition.entry_point.job_type === 'interactive' ? portOfApp(definition) : null,
      code_sha256: deployment.archiveSha256,
      configuration_sha256: by.isOfOlderRelease ? configuration.archiveSha256 : selected.sha256,
      archives,
      ...(!by.isOfOlderRelease && archives.code === undefined && (await describeDirectRead(deployment))),
      artifacts: decideArtifacts(definition.entry_point.job_type, {
        documents,
        variableNames: variables.map(({ name }) => name),
      }),
      local_folder: findLocalFolder({ files, variables }),
      database_locks:
        definition.entry_point.job_type === 'interactive'
          ? null
          : { run: run.number, job: definition.job_ref },
      pipelines: describePipelines(configuration, run, { definition, attemptId }),
      intercept_signals: definition.execute.intercept_signals !== false,
      records_usage: true,
      disk_limit_bytes:
        chooseInstanceLimits(dependencies.instanceSizes, definition.require?.instance?.size).diskBytes ??
        null,
    };
  }

  function describePipelines(
    { runSettings }: ConfigurationRecord,
    run: AdmittedRun,
    { definition, attemptId }: { definition: JobDefinition; attemptId: string },
  ): PipelineSteps | null {
    const jobRef = definition.job_ref;
    if (jobRef === manifestBuildJobRef) return null;
    const { exclusive, keepPending } = chooseJobSettings(runSettings, run.profile, jobRef);
    // An app has a copy of the local data, which is discarded with it.
    const isKept = keepPending && definition.entry_point.job_type !== 'interactive';
    const pending = isKept ? describePending(run, jobRef, dependencies.pendingLimits) : null;
    if (exclusive !== 'off')
      dependencies.holdPipelines.remember(attemptId, { ...run, jobRunId: run.id, jobRef });
    if (exclusive === 'off' && pending === null) return null;
    return { ...(exclusive !== 'off' && { exclusive }), ...(pending && { pending }) };
  }

  /**
   * Describes how an attempt reads code without the server. Configurations have no such way: they are encrypted
   * there, and only this server decrypts them.
   */
  async function describeDirectRead({ archiveKey }: DeploymentRecord) {
    if (!signRead) return {};
    const stored = await blobs.stat(archiveKey);
    return stored && { code_url: await signRead(archiveKey), code_bytes: stored.sizeBytes };
  }

  /** A configuration never changes, and each run reads it at its admission and when it downloads it. */
  const selections = new LRUCache<string, Selection>({
    maxSize: maxSelectedBytes,
    sizeCalculation: ({ archive }) => 2 * archive.length,
    ttl: selectionTtlMs,
  });

  /**
   * Selects the part of a configuration for the run's profile, without other profiles. The bytes are the same
   * each time.
   */
  async function openSelected(configuration: ConfigurationRecord, profile: string): Promise<Selection> {
    const key = `${configuration.id} ${profile}`;
    const known = selections.get(key);
    if (known) return known;
    const opened = await configurationArchives.open(configuration);
    const { archive, files } = await selectConfiguration(opened, profile);
    const selection = {
      archive,
      sha256: createHash('sha256').update(archive).digest('hex'),
      files: files.map(({ name, text }) => ({ name, content: parseConfiguration(text) })),
    };
    selections.set(key, selection);
    return selection;
  }

  /** @throws ServiceError attempt_closed, attempt_files_withheld, not_found */
  async function findFiles(attemptId: string): Promise<FilesOfAttempt> {
    const files = await persistence.store.attempts.readFiles(attemptId);
    if (!files) throw new ServiceError('not_found', 'There is no such attempt.');
    requireBegunUnstarted(files);
    return files;
  }

  return {
    async begin(
      attemptId: string,
      request: { claimNumber: number; nonce: string; podUid?: string | null },
      by: Bootstrap = currentBootstrap,
    ): Promise<AttemptStart> {
      const { claimNumber, nonce, podUid = null } = request;
      if (podUid !== null) await requireOwnPod(attemptId, podUid);
      // Admits one bootstrap, once, while its claim on the run is valid. The run is `running` from then on.
      const { attempts, localData } = persistence.store;
      const admitted = await attempts.admit(attemptId, claimNumber, nonce, podUid);
      if (!admitted && (await localData.resets.holdsBack(attemptId)))
        throw new ServiceError('attempt_not_ready', 'Files of the local data are being moved.');
      return describe(admitted ?? (await findAdmitted(attemptId, nonce)), attemptId, by);
    },

    async openCode(attemptId: string): Promise<Readable> {
      const deployment = await packageVersions.getDeployment(await findFiles(attemptId));
      return blobs.openRead(deployment.archiveKey);
    },

    async openConfiguration(attemptId: string, by: Bootstrap = currentBootstrap): Promise<Readable> {
      const files = await findFiles(attemptId);
      const configuration = await packageVersions.getConfiguration(files);
      if (by.isOfOlderRelease) return Readable.from([await configurationArchives.open(configuration)]);
      return Readable.from([(await openSelected(configuration, files.profile)).archive]);
    },
  };
}

/** Each hold is decided by the server; the code of a run only has to know whether, and for what, to ask. */
interface PipelineSteps {
  exclusive?: 'pipeline' | 'dataset';
  pending?: PendingSettings;
}

/** The part of a configuration for one profile. */
interface Selection {
  archive: Buffer;
  sha256: string;
  files: { name: string; content: ReturnType<typeof parseConfiguration> }[];
}

const maxSelectedBytes = 4 * 1024 * 1024;
/** Secrets of workspaces without runs leave the memory of the server. */
const selectionTtlMs = 60_000;

/** The bootstrap that makes the request. */
interface Bootstrap {
  /** A server of the previous release started it and announced the whole configuration. */
  isOfOlderRelease: boolean;
  /** It masks `text_masked_values`. Those of the previous release mask all values everywhere. */
  keepsNames: boolean;
}

const currentBootstrap: Bootstrap = { isOfOlderRelease: false, keepsNames: true };

/** User code is running or has run: no caller gets the files of the attempt any more. */
function hasStarted({ startedAt, exit }: AttemptRecord): boolean {
  return startedAt !== null || exit !== null;
}

/** @throws ServiceError attempt_closed, attempt_files_withheld */
function requireBegunUnstarted({ isBegun, hasStarted: isStarted, isClosed }: FilesOfAttempt): void {
  if (isClosed) throw new ServiceError('attempt_closed', 'This attempt has ended.');
  if (isBegun && !isStarted) return;
  const message = isBegun ? 'The code of the attempt has started.' : 'The attempt was not admitted.';
  throw new ServiceError(
    'attempt_files_withheld',
    `${message} Its files are available only between admission and start.`,
  );
}

function claimLost(): ServiceError {
  return new ServiceError(
    'claim_lost',
    'This attempt may not start user code: the run has ended or another attempt was admitted.',
  );
}
