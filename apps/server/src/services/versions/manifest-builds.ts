import type { ConfigurationRecord, DeploymentRecord, JobRecord, JobRunRecord } from '../../store/records.ts';
import type { JobsDeploymentManifest } from '@pumphouse/contract';
import type { ManifestFailure } from '../../domain/versions/manifest-result.ts';
import type { ManifestRequest } from '../../domain/jobs/manifest-build.ts';
import type { Persistence, Store } from '../../store/store.ts';
import type { RunStartStores } from '../runs/run-stores.ts';
import type { StartRuns } from '../runs/start-runs.ts';
import { isTerminalRunState } from '@pumphouse/contract';
import { describeJobVersion } from '../jobs/describe-job.ts';
import { explainFailed } from '../../domain/runs/failure-reason.ts';
import {
  manifestBuildDefinition,
  manifestBuildJobRef,
  writeManifestInput,
} from '../../domain/jobs/manifest-build.ts';
import { readManifestResult } from '../../domain/versions/manifest-result.ts';
import { recordChange } from '../audit/audit.ts';
import { requireArchive } from './version-archives.ts';
import { ServiceError } from '../../platform/service-error.ts';

export interface BuildManifestRequest extends ManifestRequest {
  workspaceId: string;
  membershipId: string;
  deploymentId: string;
  /** Does not reuse a completed build. */
  isRebuild: boolean;
}

/** A build with its result, as far as the run has one. */
export interface ManifestBuild {
  run: JobRunRecord;
  result:
    | { status: 'running' }
    | { status: 'completed'; manifest: JobsDeploymentManifest; warnings: string[] }
    | { status: 'failed'; failure: ManifestFailure };
}

type Stores = RunStartStores | 'auditLog' | 'manifestBuilds' | 'telemetry';

export type ManifestBuilds = ReturnType<typeof createManifestBuilds>;

/**
 * Creates the use cases for clients without Python: a run imports the code of a deployment in the environment and the
 * sandbox of any run, and reports the job definitions (docs/decisions/0072-manifest-builds.md). The server never
 * deploys them.
 */
export function createManifestBuilds(persistence: Persistence<Stores>, startRuns: StartRuns) {
  async function readResult(
    store: Pick<Store, 'telemetry'>,
    run: JobRunRecord,
  ): Promise<ManifestBuild['result']> {
    if (!isTerminalRunState(run.status)) return { status: 'running' };
    const stored = await store.telemetry.getResult(run.workspaceId, run.id);
    const reading = readManifestResult(stored?.document);
    if (run.status === 'completed') {
      if (reading.kind !== 'manifest') return { status: 'failed', failure: reading.failure };
      return { status: 'completed', manifest: reading.manifest, warnings: reading.warnings };
    }
    // The launcher reports an exception and then ends with it. Any other end came before a result.
    const isReported = reading.kind === 'exception' && run.failure?.code === 'exit_code';
    return { status: 'failed', failure: isReported ? reading.failure : describeEnd(run) };
  }

  /** Finds a build that answers the request: an active one, or a completed one with a manifest. */
  async function findReusable(
    store: Pick<Store, 'manifestBuilds' | 'telemetry'>,
    request: BuildManifestRequest,
    configuration: ConfigurationRecord,
  ): Promise<JobRunRecord | undefined> {
    const { deploymentId, module, useAll, isRebuild } = request;
    const key = { deploymentId, configurationId: configuration.id, module, useAll };
    const run = await store.manifestBuilds.findUsable(key);
    if (!run || !isTerminalRunState(run.status)) return run;
    if (isRebuild) return undefined;
    // Retention may have removed the result of a completed run.
    return (await readResult(store, run)).status === 'completed' ? run : undefined;
  }

  async function start(
    store: Pick<Store, Stores>,
    request: BuildManifestRequest,
    deployment: DeploymentRecord,
  ): Promise<JobRunRecord> {
    const { workspaceId, membershipId, module, useAll } = request;
    const job = await lockBuildJob(store, workspaceId, membershipId);
    const input = writeManifestInput({ module, useAll });
    const run = await startRuns.startManifestBuild(store, { job, deployment, membershipId, input });
    const { configurationId } = run;
    await store.manifestBuilds.insert(run.id, {
      deploymentId: deployment.id,
      configurationId,
      module,
      useAll,
    });
    await recordChange(store, {
      workspaceId,
      action: 'deployment.build-manifest',
      target: { kind: 'deployment', id: deployment.id, name: `version ${deployment.version}` },
      before: null,
      after: { module, use_all: useAll, job_run_id: run.id },
    });
    return run;
  }

  return {
    /**
     * Starts a build, unless one for the same code, configuration and module is active or has completed. The lock of
     * the workspace makes two requests start one.
     * @throws ServiceError not_found, archive_removed, workspace_archived, no_configuration, and start_declined with
     * the reasons in `extra`: the limits of the organization
     */
    build: (request: BuildManifestRequest): Promise<{ run: JobRunRecord; isNew: boolean }> =>
      persistence.transaction(async (store) => {
        const { workspaceId, deploymentId } = request;
        const workspace = await store.workspaces.lock(workspaceId);
        if (!workspace) throw new ServiceError('not_found', `There is no workspace ${workspaceId}.`);
        if (workspace.archivedAt)
          throw new ServiceError('workspace_archived', 'The workspace is archived; restore it first.');
        const deployment = await store.deployments.hold(workspaceId, deploymentId);
        if (!deployment) throw new ServiceError('not_found', `There is no deployment ${deploymentId}.`);
        requireArchive(deployment);
        const configuration = await store.configurations.latest(workspaceId);
        if (!configuration) {
          throw new ServiceError(
            'no_configuration',
            'The workspace has no configuration yet, which code may read while it is imported: upload one first.',
          );
        }
        const reusable = await findReusable(store, request, configuration);
        if (reusable) return { run: reusable, isNew: false };
        return { run: await start(store, request, deployment), isNew: true };
      }),

    /** @throws ServiceError not_found */
    async get(scope: {
      workspaceId: string;
      deploymentId: string;
      jobRunId: string;
    }): Promise<ManifestBuild> {
      const { store } = persistence;
      const run = await store.manifestBuilds.find(scope);
      if (!run) {
        const { jobRunId, deploymentId } = scope;
        throw new ServiceError(
          'not_found',
          `The run ${jobRunId} builds no manifest of the deployment ${deploymentId}.`,
        );
      }
      return { run, result: await readResult(store, run) };
    },
  };
}

/** Locks the job of such runs, which is created with the first one. The caller holds the lock of the workspace. */
async function lockBuildJob(
  store: Pick<Store, 'jobs'>,
  workspaceId: string,
  membershipId: string,
): Promise<JobRecord> {
  const content = describeJobVersion(manifestBuildDefinition, { profile: 'prod', deploymentModule: null });
  const known =
    (await store.jobs.findByRef(workspaceId, manifestBuildJobRef)) ??
    (await store.jobs.create(workspaceId, manifestBuildJobRef, content, membershipId));
  const [job] = await store.jobs.lock([known.id]);
  if (!job) throw new Error(`The job ${known.id} vanished under the lock of its workspace`);
  // An older release had another definition.
  if (job.definitionHash === content.definitionHash) return job;
  return store.jobs.addVersion(job, content, membershipId);
}

/** Describes the end of a run that has not reported why. */
function describeEnd(run: JobRunRecord): ManifestFailure {
  const explained = explainFailed(run);
  if (!explained) {
    const nextStep = 'Build the manifest again.';
    const message = 'The run that built the manifest was cancelled.';
    return { code: 'manifest_cancelled', type: 'cancelled', message, traceback: null, nextStep };
  }
  const { code, message, nextStep } = explained;
  return {
    code: 'manifest_run_failed',
    type: code,
    message,
    traceback: null,
    nextStep:
      code === 'timed_out'
        ? 'Move slow work out of the top level of the modules, for example into the functions of the jobs.'
        : nextStep,
  };
}
