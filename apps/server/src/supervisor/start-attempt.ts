import type { AttemptHandle } from '../executors/contract/attempt-handle.ts';
import type { AttemptRunner } from '../executors/contract/attempt-runner.ts';
import type { AttemptsAddress } from '../listeners/attempts-address.ts';
import type { AttemptLog } from '../services/logs/attempt-log.ts';
import type { AttemptSecrets } from '../services/attempts/attempt-secrets.ts';
import type {
  AttemptRecord,
  BootstrapCredential,
  HeldLimits,
  Claim,
  JobRunRecord,
  RunWorkspace,
} from '../store/records.ts';
import type { EnvironmentLocation } from '../executors/contract/environment-builder.ts';
import type { Environments, OnLine } from './environments.ts';
import type { Wait } from '../domain/runs/wait-reason.ts';
import type { FaultPoints } from '../platform/fault-points.ts';
import type { InstanceSizes } from '../domain/attempts/instance-sizes.ts';
import type { InstanceSize, JobDefinition } from '../domain/jobs/job-definition.ts';
import type { JobVersions } from '../services/jobs/job-versions.ts';
import type { PackageVersions } from '../services/versions/package-versions.ts';
import type { Persistence } from '../store/store.ts';
import type { Snapshots } from './snapshots.ts';
import type { ReadPackageSources } from '../services/environments/read-package-sources.ts';
import type { RunVariables } from '../services/variables/run-variables.ts';
import { chooseBuildSettings } from '../domain/environments/build-settings.ts';
import { chooseInstanceLimits, type InstanceLimits } from '../domain/attempts/instance-sizes.ts';
import { createLineBuffer } from './line-buffer.ts';
import { ExecutorError } from '../executors/contract/executor-error.ts';
import { sourceProfileOf } from '../domain/local-data/local-data-path.ts';
import { leftOutNote, raisedNote, renamedFileNote } from '../domain/logs/log-notes.ts';
import { getGraceSeconds } from '../domain/jobs/job-definition.ts';
import { localPathName } from '../domain/versions/local-path-name.ts';

export interface StartAttemptDependencies {
  persistence: Persistence<'apps' | 'attempts' | 'environments' | 'waits' | 'workspaces'>;
  executor: AttemptRunner;
  environments: Environments;
  readPackageSources: ReadPackageSources;
  readRunVariables: RunVariables;
  attemptSecrets: AttemptSecrets;
  jobVersions: JobVersions;
  packageVersions: PackageVersions;
  attemptLog: AttemptLog;
  faultPoints: FaultPoints;
  installationId: string;
  attemptsAddress: AttemptsAddress;
  snapshots: Snapshots;
  instanceSizes: InstanceSizes;
  /** The uid of a workspace's or an organization's processes. */
  sandboxUid: (offset: number) => number;
}

export type StartedAttempt = AttemptRecord & { handle: AttemptHandle };
export type StartAttempt = ReturnType<typeof createStartAttempt>;

/** Prepares a claimed run's environment and has the executor start an attempt. */
export function createStartAttempt(dependencies: StartAttemptDependencies) {
  const { persistence, executor, environments, readRunVariables, attemptLog, faultPoints, attemptsAddress } =
    dependencies;
  const { attemptSecrets } = dependencies;
  const { store } = persistence;

  async function prepareEnvironment(
    claim: Claim,
    run: JobRunRecord,
    workspace: RunWorkspace,
    attempt: AttemptRecord,
    definition: JobDefinition,
    signal: AbortSignal,
  ): Promise<EnvironmentLocation> {
    const { packageVersions } = dependencies;
    const deployment = await packageVersions.getDeployment(run);
    if (deployment.hasEmbeddedDatabase && definition.entry_point.job_type !== 'interactive')
      await store.workspaces.noteLocalData(run.workspaceId, run.profile);
    const { variables, leftOut } = await readRunVariables(run.workspaceId, run.profile);
    const packageSources = await dependencies.readPackageSources(deployment);
    const lines = createLineBuffer((batch) => attemptLog.write(run.id, attempt.id, batch));
    const wait = createBuildWait((reason) => store.waits.setWhileStarting(claim, reason));
    const onLine: OnLine = (line) => {
      lines.add(line);
      wait.begin();
    };
    const request = {
      deployment,
      definition,
      organization: {
        id: workspace.organizationId,
        uid: dependencies.sandboxUid(workspace.organizationUidOffset),
      },
      settings: chooseBuildSettings(variables),
      packageSources,
    };
    try {
      const notes = [
        ...leftOut.map((name) => leftOutNote(name, new Date())),
        ...(await packageVersions.listRenamedFiles(run)).map((file) => renamedFileNote(file, new Date())),
        ...environments.listRaised(request).map((raised) => raisedNote(raised, new Date())),
      ];
      for (const note of notes) lines.add(note);
      return await environments.ensure(request, onLine, signal);
    } finally {
      await lines.close();
      await wait.end();
    }
  }

  /**
   * Assigns the open attempt to the claim, or a new one if the open one has been assigned before.
   * @returns undefined if the claim is invalid
   */
  async function assign(
    open: AttemptRecord,
    claim: Claim,
    credential: BootstrapCredential & { environmentPath: string; limits: HeldLimits },
  ): Promise<AttemptRecord | 'no-environment' | undefined> {
    const assigned = await store.attempts.assign(open.id, claim, executor.name, credential);
    if (assigned) return assigned;
    if (!(await store.environments.noteUse(open.id, credential.environmentPath))) return 'no-environment';
    const attempt = await store.attempts.insert(claim, executor.name, credential);
    if (attempt) await store.environments.noteUse(attempt.id, credential.environmentPath);
    return attempt;
  }

  /** A new attempt must answer HTTP again before it counts as listening. */
  async function openInstance(run: JobRunRecord): Promise<void> {
    await store.apps.addInstance(run.id, run.jobId);
    await store.apps.noteSilent(run.id);
  }

  async function start(
    claim: Claim,
    run: JobRunRecord,
    workspace: RunWorkspace,
    scope: {
      attempt: AttemptRecord;
      secret: string;
      environment: EnvironmentLocation;
      definition: JobDefinition;
      maxRunTimeSeconds: number | null;
      instanceSize: InstanceSize;
      limits: InstanceLimits;
    },
  ): Promise<StartedAttempt> {
    const { attempt, secret, environment, definition, maxRunTimeSeconds, instanceSize, limits } = scope;
    const address = await attemptsAddress.find();
    if ('problem' in address) throw new ExecutorError('backend', address.problem);
    const isApp = definition.entry_point.job_type === 'interactive';
    const handle = await executor.start({
      attemptId: attempt.id,
      jobRunId: run.id,
      installationId: dependencies.installationId,
      claimNumber: claim.claimNumber,
      attemptsUrl: address.url,
      ...(address.socket === undefined ? {} : { attemptsSocket: address.socket }),
      bootstrapSecret: secret,
      environment,
      workFolderName: localPathName(workspace.name),
      localData: isApp ? localDataOfApp(run) : { ...localDataOf(run), access: 'read-write' },
      uid: dependencies.sandboxUid(workspace.sandboxUidOffset),
      limits,
      instanceSize,
      graceSeconds: getGraceSeconds(definition),
      timeoutSeconds: maxRunTimeSeconds,
      network: isApp ? 'isolated' : 'outgoing',
    });
    attemptsAddress.noteStarted(handle);
    await faultPoints.reach('before-handle-stored');
    await store.attempts.saveHandle(attempt.id, handle);
    return { ...attempt, handle };
  }

  /**
   * @param known the open attempt of the run; undefined if it has none
   * @param signal ends the wait for an environment
   * @returns undefined when the run must no longer start under this claim
   */
  return async function startAttempt(
    claim: Claim,
    run: JobRunRecord,
    known: AttemptRecord | undefined,
    signal: AbortSignal,
  ): Promise<StartedAttempt | undefined> {
    const open = known ?? (await store.attempts.ensureOpen(run.id, executor.name));
    if (!open) return undefined;
    // The claim was the run's last update. An attempt that is older was opened while the run was pending, for
    // its log lines.
    if (open.createdAt < run.updatedAt) await store.attempts.restart(open.id);
    const workspace = await store.workspaces.getForRuns(run.workspaceId);
    if (!workspace) throw new Error(`Run ${run.id} belongs to no workspace`);
    const { definition, maxRunTimeSeconds } = await dependencies.jobVersions.get(run.jobVersionId);
    const { secret, credential } = attemptSecrets.create(run.id);
    const instanceSize = definition.require?.instance?.size ?? 'small';
    const limits = chooseInstanceLimits(dependencies.instanceSizes, instanceSize);
    const held = { cores: limits.cpus, memoryBytes: limits.memoryBytes };
    let environment: EnvironmentLocation;
    let attempt: AttemptRecord | 'no-environment' | undefined;
    do {
      environment = await prepareEnvironment(claim, run, workspace, open, definition, signal);
      attempt = await assign(open, claim, { ...credential, environmentPath: environment.path, limits: held });
      // Retention may have removed it meanwhile, so prepare it again.
    } while (attempt === 'no-environment');
    if (!attempt) return undefined;
    attemptSecrets.remember(attempt.id, secret);
    if (definition.entry_point.job_type === 'interactive') {
      await openInstance(run);
      await dependencies.snapshots.takeForApp(run.workspaceId, run.profile);
    }
    return start(claim, run, workspace, {
      attempt,
      secret,
      environment,
      definition,
      maxRunTimeSeconds,
      instanceSize,
      limits,
    });
  };
}

/**
 * Marks a run as waiting for its environment from the first line of a build. A ready environment prints no
 * line.
 */
function createBuildWait(write: (wait: Wait | null) => Promise<unknown>) {
  let begun: Promise<unknown> | null = null;
  return {
    begin(): void {
      begun ??= write({ kind: 'environment', reason: 'Waiting for its environment, which is being built.' });
      // `end` reports the error.
      begun.catch(() => undefined);
    },
    async end(): Promise<void> {
      if (begun === null) return;
      await begun;
      await write(null);
    },
  };
}

function localDataOf({ workspaceId, profile }: JobRunRecord) {
  return { workspaceId, profile };
}

/** An app uses its own copy: it takes no lock, and whatever it writes there is discarded. */
function localDataOfApp({ workspaceId, profile }: JobRunRecord) {
  return { workspaceId, profile: sourceProfileOf(profile), access: 'copy', mountedAs: profile } as const;
}
