import type { RunEndStores, RunStartStores } from '../runs/run-stores.ts';
import type { DeployedJob } from './deploy-result.ts';
import type { DeployResult } from './deploy-result.ts';
import type { CancelRuns } from '../runs/cancel-runs.ts';
import type { JobRecord, JobVersionContent, JobVersionRecord, WorkspaceRecord } from '../../store/records.ts';
import type { Persistence, Store } from '../../store/store.ts';
import type { StartRuns, StartedJob } from '../runs/start-runs.ts';
import type { Webhooks } from '../webhooks/webhooks.ts';
import type { JobDefinition } from '../../domain/jobs/job-definition.ts';
import type { ReconcileDecision } from '../../domain/jobs/reconcile.ts';
import { randomUUID } from 'node:crypto';
import { chooseProfile } from '../../domain/jobs/job-definition.ts';
import { describeJobVersion } from './describe-job.ts';
import { findDeploymentProblems, readJobDefinition } from '../../domain/jobs/job-definition-problems.ts';
import { readTriggerType } from '../../domain/jobs/trigger.ts';
import { workspaceModule } from '../../domain/jobs/manifest-build.ts';
import { reconcileJobs } from '../../domain/jobs/reconcile.ts';
import {
  listDescriptionWarnings,
  listDeployWarnings,
  listFormerNames,
  listTagWarnings,
} from '../../domain/jobs/deploy-warnings.ts';
import { recordDeploy } from './record-deploy.ts';
import type { WarnOfProprietaryParts } from './warn-of-proprietary-parts.ts';
import type { WarnOfScheduleInputs } from '../inputs/warn-of-schedule-inputs.ts';
import type { WarnOfSecretNames } from './warn-of-secret-names.ts';
import { ServiceError } from '../../platform/service-error.ts';
import { refuseArchived } from '../workspaces/open-workspace.ts';

/** The stores that this use case touches. */
type Stores = RunStartStores | 'webhooks';

export interface DeployRequest {
  workspaceId: string;
  membershipId: string;
  /** Definitions as sent by the client. */
  jobs: readonly unknown[];
  /** The module that owns these jobs; null only creates and updates. */
  deploymentModule: string | null;
  /**
   * The description of the workspace from `__deployment__`; undefined leaves it unchanged, null removes it. It has
   * no effect on a description that a user or an apply wrote.
   */
  description?: string | null | undefined;
  dryRun: boolean;
}

/** The results for the jobs, and other effects of the deploy. */
interface Reconciled {
  result: DeployResult;
  /** Jobs that waited for a deployment. */
  started: StartedJob[];
  /** Only the owning module of jobs or the description of the workspace changed. */
  isTouched: boolean;
}

export type Deploy = ReturnType<typeof createDeploy>;

/**
 * Creates the use case that reconciles the jobs of a workspace with the definitions, atomically, in one
 * transaction under the locks of the workspace and its jobs. Queued runs of a job that it archives are
 * cancelled, as if a user archived the job.
 */
export function createDeploy(
  persistence: Persistence<RunEndStores | 'auditLog' | 'webhooks'>,
  cancelRuns: CancelRuns,
  {
    startRuns,
    webhooks,
    warnOfSecretNames,
    warnOfScheduleInputs,
    warnOfProprietaryParts,
  }: {
    startRuns: StartRuns;
    webhooks: Webhooks;
    warnOfSecretNames: WarnOfSecretNames;
    warnOfScheduleInputs: WarnOfScheduleInputs;
    warnOfProprietaryParts: WarnOfProprietaryParts;
  },
) {
  async function reconcile(store: Pick<Store, Stores>, request: DeployRequest): Promise<Reconciled> {
    const workspace = await store.workspaces.lock(request.workspaceId);
    if (!workspace) throw new ServiceError('not_found', `There is no workspace ${request.workspaceId}.`);
    refuseArchived(workspace);
    // Lock all at once and in id order, as starts do: locking each job when it is changed would deadlock with
    // starts.
    const stored = await store.jobs.lockAll(request.workspaceId);
    const definitions = readDefinitions(request.jobs, listStaying(stored, request.deploymentModule));
    const configuration = await store.configurations.latest(request.workspaceId);
    const profiles = configuration?.profiles ?? [];
    const decisions = reconcileJobs(
      stored.map((job) => ({
        definition: job.definition,
        isArchived: job.isArchived,
        deploymentModule: job.deploymentModule,
      })),
      definitions,
      request.deploymentModule,
    );
    const byRef = new Map(stored.map((job) => [job.jobRef, job]));
    const jobs: DeployedJob[] = [];
    for (const decision of decisions) {
      const content = describe(decision, profiles);
      jobs.push(await apply(store, request, decision, byRef.get(decision.ref), content));
    }
    const described = request.deploymentModule === workspaceModule ? request.description : undefined;
    const isDescribed = !request.dryRun && (await describeWorkspace(store, workspace, described));
    const { arranged, started } = request.dryRun
      ? { arranged: jobs, started: [] }
      : await putIntoService(store, workspace.id, jobs);
    return {
      result: {
        deploymentModule: request.deploymentModule,
        warnings: [
          ...listDeployWarnings(definitions),
          ...listFormerNames(request.jobs),
          ...(await warnOfTags(store, request)),
          ...listDescriptionWarnings(workspace, described),
        ],
        jobs: arranged,
      },
      started,
      isTouched:
        isDescribed ||
        jobs.some(({ job }) => byRef.get(job.jobRef)?.deploymentModule !== job.deploymentModule),
    };
  }

  /** Lets the clock, webhooks and the deployment itself start the new jobs. */
  async function putIntoService(
    store: Pick<Store, Stores>,
    workspaceId: string,
    deployed: readonly DeployedJob[],
  ) {
    const arranged = await arrange(store, deployed);
    await webhooks.arrange(store, workspaceId);
    return { arranged, started: await fireDeployment(store, workspaceId) };
  }

  /**
   * Starts the jobs that wait for a deployment, once for each version of the code, whether uploaded or rolled
   * back to.
   */
  async function fireDeployment(
    store: Pick<Store, RunStartStores>,
    workspaceId: string,
  ): Promise<StartedJob[]> {
    const deployment = await store.deployments.latest(workspaceId);
    // Without a configuration nothing can start: the deploy after its upload fires the trigger.
    if (!deployment || !(await store.configurations.latest(workspaceId))) return [];
    if (!(await store.workspaces.takeDeployment(workspaceId, deployment.id))) return [];
    const waiting = await store.jobs.listByTriggerType(workspaceId, 'deployment');
    const jobs = waiting.map((job) => ({
      job,
      trigger: job.triggers.find((trigger) => readTriggerType(trigger) === 'deployment') ?? 'deployment:',
    }));
    return (await startRuns.startForEvent(store, { workspaceId, jobs })).succeeded;
  }

  async function arrange(
    store: Pick<Store, 'installation' | 'jobs' | 'outbox' | 'schedules'>,
    deployed: readonly DeployedJob[],
  ): Promise<DeployedJob[]> {
    const jobs = deployed.map(({ job }) => job);
    await startRuns.arrange(store, jobs);
    const arranged = await store.jobs.getMany(jobs.map(({ id }) => id));
    const byId = new Map(arranged.map((job) => [job.id, job]));
    return deployed.map((one) => ({ ...one, job: byId.get(one.job.id) ?? one.job }));
  }

  /** @returns whether the description changed */
  async function describeWorkspace(
    store: Pick<Store, 'workspaces'>,
    { id, name, description: before, keepsDescription }: WorkspaceRecord,
    description: string | null | undefined,
  ) {
    if (keepsDescription || description === undefined || description === before) return false;
    await store.workspaces.update(id, { name, description, keepsDescription });
    return true;
  }

  /**
   * The client sends no tags: the server read them from the code, which the client uploads before it deploys.
   */
  async function warnOfTags(
    store: Pick<Store, 'deployments'>,
    { workspaceId, deploymentModule }: DeployRequest,
  ) {
    if (deploymentModule !== workspaceModule) return [];
    return listTagWarnings(await store.deployments.latest(workspaceId));
  }

  async function apply(
    store: Pick<Store, 'jobs'>,
    request: DeployRequest,
    decision: ReconcileDecision,
    known: JobRecord | undefined,
    content: JobVersionContent,
  ): Promise<DeployedJob> {
    const previousVersion = known && decision.outcome === 'updated' ? toVersion(known) : null;
    if (request.dryRun)
      return { outcome: decision.outcome, job: preview(request, decision, known, content), previousVersion };
    if (!known) {
      const job = await store.jobs.create(request.workspaceId, decision.ref, content, request.membershipId);
      return { outcome: decision.outcome, job, previousVersion };
    }
    if (decision.outcome === 'updated') {
      if (decision.losesSchedule) await store.jobs.clearPause(known.id);
      const job = await store.jobs.addVersion(known, content, request.membershipId);
      return { outcome: decision.outcome, job, previousVersion };
    }
    if (decision.outcome === 'archived')
      return { outcome: 'archived', job: await store.jobs.archive(known), previousVersion };
    if (decision.deploymentModule && decision.deploymentModule !== known.deploymentModule) {
      await store.jobs.setDeploymentModule([known.id], decision.deploymentModule);
    }
    return {
      outcome: decision.outcome,
      job: { ...known, deploymentModule: decision.deploymentModule },
      previousVersion,
    };
  }

  return async function deploy(request: DeployRequest): Promise<DeployResult> {
    // Before the transaction, which locks all jobs: it decrypts the configuration, and may fail.
    const listSecretNames = await warnOfSecretNames(request.workspaceId);
    const { result, cancelled } = await persistence.transaction(async (store) => {
      const { result, started, isTouched } = await reconcile(store, request);
      const cancelled = await cancelWaiting(store, request, result);
      if (!request.dryRun)
        await recordDeploy(store, request.workspaceId, { ...result, started, cancelled, isTouched });
      return { result, cancelled };
    });
    cancelRuns.announce(cancelled);
    const jobRefs = result.jobs.map(({ job }) => job.jobRef);
    const ofInputs = await warnOfScheduleInputs(
      request.workspaceId,
      result.jobs.map(({ job }) => job),
    );
    // A dry run follows no upload: it would warn of the code before.
    const ofParts = request.dryRun ? [] : await warnOfProprietaryParts(request.workspaceId);
    return {
      ...result,
      warnings: [...result.warnings, ...listSecretNames(jobRefs), ...ofInputs, ...ofParts],
    };
  };

  async function cancelWaiting(
    store: Pick<Store, RunEndStores>,
    { dryRun }: DeployRequest,
    { jobs }: DeployResult,
  ) {
    const archived = jobs.filter(({ outcome }) => outcome === 'archived').map(({ job }) => job);
    return dryRun ? [] : cancelRuns.cancelWaiting(store, archived);
  }
}

/** Lists the refs of jobs that a deploy of the module leaves unchanged, whatever it sends. */
function listStaying(stored: readonly JobRecord[], module: string | null): string[] {
  return stored
    .filter((job) => !job.isArchived && (module === null || job.deploymentModule !== module))
    .map((job) => job.jobRef);
}

/** A definition of the current engine version is the original request value, which is stored and returned. */
function readDefinitions(jobs: readonly unknown[], existingRefs: readonly string[]): JobDefinition[] {
  const readings = jobs.map(readJobDefinition);
  const definitions = readings.flatMap((reading) => (reading.ok ? [reading.definition] : []));
  const problems = readings.flatMap((reading) => (reading.ok ? [] : reading.problems));
  if (problems.length === 0) problems.push(...findDeploymentProblems(definitions, existingRefs));
  if (problems.length > 0) {
    throw new ServiceError('invalid_job_definition', `Nothing was deployed: ${problems[0]}`, problems);
  }
  return definitions;
}

function describe(decision: ReconcileDecision, profiles: readonly string[]): JobVersionContent {
  const { definition } = decision;
  const profile = chooseProfile(definition, null, profiles);
  if (!profile.ok)
    throw new ServiceError(
      'invalid_profile',
      `Nothing was deployed: ${definition.job_ref}: ${profile.reason}`,
    );
  const { deploymentModule } = decision;
  return describeJobVersion(definition, { profile: profile.profile, deploymentModule });
}

/** Previews the result of a deploy for a job; jobs that do not exist yet get placeholder ids. */
function preview(
  request: DeployRequest,
  decision: ReconcileDecision,
  known: JobRecord | undefined,
  content: JobVersionContent,
): JobRecord {
  const now = new Date();
  const base: JobRecord = known ?? {
    id: randomUUID(),
    workspaceId: request.workspaceId,
    jobRef: decision.ref,
    version: 1,
    currentVersionId: randomUUID(),
    isArchived: false,
    isPaused: false,
    completedIntervalEnd: null,
    lastCompletedAt: null,
    refreshPending: false,
    nextScheduledRunAt: null,
    sealedPublicLink: null,
    appPort: null,
    createdBy: request.membershipId,
    createdAt: now,
    updatedAt: now,
    ...content,
  };
  if (decision.outcome === 'unchanged') return { ...base, deploymentModule: decision.deploymentModule };
  if (decision.outcome === 'archived') return { ...base, isArchived: true, isPaused: false };
  const isPaused = base.isPaused && !decision.losesSchedule;
  return { ...base, ...content, isArchived: false, isPaused, version: known ? known.version + 1 : 1 };
}

function toVersion(job: JobRecord): JobVersionRecord {
  return {
    id: job.currentVersionId,
    jobId: job.id,
    version: job.version,
    definition: job.definition,
    definitionHash: job.definitionHash,
    engineVersion: job.engineVersion,
    description: job.description,
    profile: job.profile,
    maxRunTimeSeconds: job.maxRunTimeSeconds,
    createdBy: job.createdBy,
    createdAt: job.createdAt,
  };
}
