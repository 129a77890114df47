import type { AttemptHandle, Executor } from '../executors/executor.ts';
import type { AttemptLog } from '../services/attempt-log.ts';
import type { AttemptRecord, Claim, JobRunRecord } from '../store/records.ts';
import type { Environments } from './environments.ts';
import type { FaultPoints } from '../fault-points.ts';
import type { FinishRun, RunOutcome } from '../services/finish-run.ts';
import type { JobDefinition } from '../domain/job-definition.ts';
import type { Logger } from 'pino';
import type { Persistence } from '../store/store.ts';
import type { RecordSpool } from '../services/record-spool.ts';
import type { WatchAttempt } from './watch-attempt.ts';
import { createLineBuffer } from './line-buffer.ts';
import { createSecret, hashSecret } from '../services/credentials.ts';
import { EnvironmentBuildError, ExecutorError } from '../executors/executor.ts';
import { isTerminalRunState } from '@pumphouse/contract';
import { localPathName } from '../domain/local-path-name.ts';
import { RequirementsError } from '../domain/requirements.ts';
import { runnerLine } from '../domain/log-line.ts';

export interface DriveRunDependencies {
  persistence: Persistence;
  executor: Executor;
  environments: Environments;
  attemptLog: AttemptLog;
  recordSpool: RecordSpool;
  finishRun: FinishRun;
  watchAttempt: WatchAttempt;
  faultPoints: FaultPoints;
  installationId: string;
  attemptsUrl: string;
  /** The uid of a workspace's or an organization's processes. */
  sandboxUid: (offset: number) => number;
  log: Logger;
}

export type DriveRun = ReturnType<typeof createDriveRun>;

/** What becomes of one claimed run: environment, attempt, watch, end. Decides nothing about what should run. */
export function createDriveRun(dependencies: DriveRunDependencies) {
  const { persistence, executor, environments, attemptLog, finishRun, watchAttempt, faultPoints, log } =
    dependencies;
  const { store } = persistence;

  async function end(
    run: JobRunRecord,
    attempt: AttemptRecord | undefined,
    outcome: RunOutcome,
  ): Promise<void> {
    if (attempt && outcome.status === 'failed') {
      await attemptLog.write(run.id, attempt.id, [runnerLine(outcome.failure.detail, new Date())]);
    }
    await finishRun(run.id, outcome);
    attemptLog.announce(run.id);
  }

  async function prepareEnvironment(run: JobRunRecord, attempt: AttemptRecord, signal: AbortSignal) {
    const [version] = await store.jobs.getVersions([run.jobVersionId]);
    const deployment = await store.deployments.get(run.workspaceId, run.deploymentId);
    const workspace = await store.workspaces.get(run.workspaceId);
    const organization = workspace && (await store.people.getOrganization(workspace.organizationId));
    if (!version || !deployment || !workspace || !organization)
      throw new Error(`Run ${run.id} has lost what it is made of`);
    const lines = createLineBuffer((batch) => attemptLog.write(run.id, attempt.id, batch));
    try {
      const uid = dependencies.sandboxUid(organization.sandboxUidOffset);
      const request = {
        deployment,
        definition: version.definition as JobDefinition,
        organization: { id: organization.id, uid },
      };
      const location = await environments.ensure(request, (line) => lines.add(line), signal);
      return { location, workspace };
    } finally {
      await lines.close();
    }
  }

  /** @returns undefined when the claim does not hold any more */
  async function startAttempt(
    claim: Claim,
    run: JobRunRecord,
    signal: AbortSignal,
  ): Promise<AttemptRecord | undefined> {
    const first = await store.attempts.ensureFirst(run.id, executor.name);
    const { location, workspace } = await prepareEnvironment(run, first, signal);
    const token = createSecret('dlt_b_');
    const attempt =
      (await store.attempts.assign(first.id, claim, executor.name, hashSecret(token))) ??
      (await store.attempts.insert(claim, executor.name, hashSecret(token)));
    if (!attempt) return undefined;
    if (run.sharesLocalData) await store.workspaces.noteLocalData(run.workspaceId, run.profile);
    const handle = await executor.start({
      attemptId: attempt.id,
      jobRunId: run.id,
      installationId: dependencies.installationId,
      claimNumber: claim.claimNumber,
      attemptsUrl: dependencies.attemptsUrl,
      bootstrapToken: token,
      environment: location,
      workFolderName: localPathName(workspace.name),
      localData: { workspaceId: run.workspaceId, profile: run.profile, access: 'read-write' },
      uid: dependencies.sandboxUid(workspace.sandboxUidOffset),
      limits: { memoryBytes: null, processes: null },
    });
    await faultPoints.reach('before-handle-stored');
    await store.attempts.saveHandle(attempt.id, handle);
    return { ...attempt, handle };
  }

  /** The handle of an attempt whose server died between the start and storing it. */
  async function recoverHandle(attempt: AttemptRecord): Promise<AttemptHandle | null> {
    if (attempt.handle) return attempt.handle;
    const listed = (await executor.list()).find((one) => one.attemptId === attempt.id);
    if (!listed) return null;
    await store.attempts.saveHandle(attempt.id, listed.handle);
    return listed.handle;
  }

  /** Goes on with an attempt that another server, or this one before a restart, has started. */
  async function resume(
    claim: Claim,
    run: JobRunRecord,
    attempt: AttemptRecord,
    signal: AbortSignal,
  ): Promise<void> {
    if (attempt.exit) return dependencies.recordSpool.finishIfExited(attempt.id);
    const handle = await recoverHandle(attempt);
    if (handle) return watchAttempt({ claim, attempt: { ...attempt, handle }, signal });
    if (attempt.begunAt) {
      const detail = 'The process of this run is gone and left no record of its end.';
      return end(run, attempt, { status: 'failed', failure: { code: 'attempt_lost', detail } });
    }
    return startAndWatch(claim, run, signal);
  }

  async function startAndWatch(claim: Claim, run: JobRunRecord, signal: AbortSignal): Promise<void> {
    const attempt = await startAttempt(claim, run, signal);
    if (attempt?.handle)
      await watchAttempt({ claim, attempt: { ...attempt, handle: attempt.handle }, signal });
  }

  async function drive(claim: Claim, signal: AbortSignal): Promise<void> {
    await faultPoints.reach('after-claim');
    const run = await store.jobRuns.find(claim.jobRunId);
    if (!run || isTerminalRunState(run.status) || run.claimNumber !== claim.claimNumber) return;
    const attempt = await store.attempts.latest(run.id);
    const wasStarted =
      attempt !== undefined &&
      (attempt.handle !== null || attempt.begunAt !== null || attempt.claimNumber > 0);
    // An attempt under an older claim that was not let in never will be: its answer is no, and another one is made.
    const mayStillRun = wasStarted && (attempt.begunAt !== null || attempt.claimNumber === claim.claimNumber);
    if (mayStillRun) return resume(claim, run, attempt, signal);
    if (run.status === 'cancelling') return end(run, attempt, { status: 'cancelled' });
    return startAndWatch(claim, run, signal);
  }

  async function onFailure(claim: Claim, error: unknown): Promise<void> {
    const run = await store.jobRuns.find(claim.jobRunId);
    if (!run || isTerminalRunState(run.status) || run.claimNumber !== claim.claimNumber) return;
    const attempt = await store.attempts.latest(run.id);
    if (run.endIntent === 'cancel' && !attempt?.begunAt) return end(run, attempt, { status: 'cancelled' });
    const failure = describeFailure(error);
    if (!failure) throw error;
    return end(run, attempt, { status: 'failed', failure });
  }

  /** Drives a claimed run to its end. A failure that may pass is thrown: the lease runs out and the run is taken up again. */
  return async function driveRun(claim: Claim, signal: AbortSignal): Promise<void> {
    try {
      await drive(claim, signal);
    } catch (error) {
      log.warn({ err: error, jobRunId: claim.jobRunId }, 'a run could not be driven on');
      await onFailure(claim, error);
    }
  };
}

/** The failure that a run shows, or null for one that is not the run's: it is tried again. */
function describeFailure(error: unknown): { code: string; detail: string } | null {
  if (error instanceof EnvironmentBuildError) return { code: error.code, detail: error.message };
  if (error instanceof RequirementsError)
    return { code: `requirements_${error.problem}`, detail: error.message };
  if (error instanceof ExecutorError && error.kind !== 'backend')
    return { code: `executor_${error.kind}`, detail: error.message };
  return null;
}
