import type { RunStartStores } from '../runs/run-stores.ts';
import type { BackfillPlan, BackfillRange } from './plan-backfill.ts';
import type { BackfillRecord, JobRecord, WindowPortion } from '../../store/records.ts';
import type { Clock } from '../scheduling/clock.ts';
import type { Persistence, Store } from '../../store/store.ts';
import { describePreparation } from '../../domain/backfills/backfill-state.ts';
import { findRefusal, refuseArchived } from '../runs/start-refusals.ts';
import { findChange, findTurns, planBackfill, toPortions } from './plan-backfill.ts';
import { readStartContext } from '../runs/start-context.ts';
import { recordChange } from '../audit/audit.ts';
import { requireClock } from './find-windows.ts';
import { ServiceError } from '../../platform/service-error.ts';

type Stores = RunStartStores | 'auditLog' | 'backfills' | 'backfillWindows';

export interface CreateBackfillRequest extends BackfillRange {
  workspaceId: string;
  jobId: string;
  membershipId: string;
  parallel: number;
  profile: string | null;
  /** Null: 100 below the priority of the job. */
  priority: number | null;
  maxFailures: number | null;
}

/** What a backfill would load, and how. */
export type BackfillPreview = BackfillPlan & {
  /** The pipeline for which its windows would wait for each other; null if none is known. */
  turnsOn: string | null;
};

/** Backfills of one job that may be open at the same time. */
const maxOpenBackfills = 20;
/** Scheduled runs of the job, and of most other jobs of the workspace, start first. */
const lowerBy = 100;
/** Plans that are made without the lock of the job. */
const maxPlans = 3;

export type CreateBackfills = ReturnType<typeof createCreateBackfills>;

/** Creates the use cases that preview and create backfills. */
export function createCreateBackfills(persistence: Persistence<Stores>, clock: Clock) {
  const { store: reader } = persistence;

  async function find(workspaceId: string, jobId: string): Promise<JobRecord> {
    const job = await reader.jobs.get(workspaceId, jobId);
    if (!job) throw new ServiceError('not_found', `There is no job ${jobId}.`);
    return job;
  }

  /**
   * Stores a backfill with the planned windows.
   * @param planned null: it is planned under the lock
   * @returns null if the plan no longer applies
   */
  async function tryCreate(
    store: Pick<Store, Stores>,
    request: CreateBackfillRequest,
    { planned, requestedAt, isLastPlan }: Creation,
  ): Promise<BackfillRecord | null> {
    const [job] = await store.jobs.lock([request.jobId]);
    if (job?.workspaceId !== request.workspaceId)
      throw new ServiceError('not_found', `There is no job ${request.jobId}.`);
    await refuseArchived(store, job);
    const clockKey = requireClock(job).key;
    refuseRefresh(job);
    const context = await readStartContext(store, job.workspaceId, [job]);
    const refusal = findRefusal(context, job, request.profile);
    if (refusal) throw new ServiceError(refusal.code, refusal.detail);
    if ((await store.backfills.countOpen(job.id)) >= maxOpenBackfills) {
      throw new ServiceError(
        'too_many_backfills',
        `The job ${job.jobRef} has ${maxOpenBackfills} open backfills. Cancel one, or wait until one has ended.`,
      );
    }
    if (planned && planned.clockKey !== clockKey) return null;
    const change = planned && (await findChange(store, job, planned, request.mode));
    // Freed time is left out rather than that the lock is held while thousands of windows are planned.
    if (change === 'taken' || (change === 'freed' && !isLastPlan)) return null;
    const { range, selected, portions } = planned ?? (await plan(store, job, request));
    if (!range || selected.length === 0)
      throw new ServiceError(
        'nothing_to_backfill',
        'The range includes no window that this mode loads. Choose another range, or the mode "all".',
      );
    const settings = context.settingsOf(job, request.profile);
    const backfill = await store.backfills.insert({
      workspaceId: job.workspaceId,
      jobId: job.id,
      createdBy: request.membershipId,
      startsAt: range.start,
      endsAt: range.end,
      mode: request.mode,
      chunkTicks: request.chunkTicks,
      parallel: request.parallel,
      newestFirst: request.newestFirst,
      profile: request.profile,
      priority: request.priority ?? settings.priority - lowerBy,
      maxFailures: request.maxFailures,
      clock: clockKey,
      windowCount: selected.length,
      turnsOn: await findTurns(store, job, settings),
      createdAt: requestedAt,
      ...prepareIn(portions.length, selected.length),
    });
    await store.backfillWindows.planPortions(backfill.id, portions);
    if (portions.length === 1) await store.backfillWindows.insertPortion(backfill);
    await recordBackfill(store, job, backfill, 'backfill.create', {
      start: backfill.startsAt.toISOString(),
      end: backfill.endsAt.toISOString(),
      mode: backfill.mode,
      window_count: backfill.windowCount,
      parallel: backfill.parallel,
    });
    await store.outbox.wake('backfills');
    return backfill;
  }

  async function plan(
    store: Pick<Store, 'installation' | 'jobCoverage'>,
    job: JobRecord,
    range: BackfillRange,
  ): Promise<Planned> {
    const found = await planBackfill(store, clock, job, range);
    return { ...found, clockKey: requireClock(job).key, portions: toPortions(found.selected) };
  }

  return {
    /**
     * Computes what a backfill of the range would load now.
     * @throws ServiceError not_found, invalid_request, job_without_schedule, too_many_windows, invalid_profile
     */
    async preview(
      workspaceId: string,
      jobId: string,
      range: BackfillRange & { profile: string | null },
    ): Promise<BackfillPreview> {
      const job = await find(workspaceId, jobId);
      const found = await planBackfill(reader, clock, job, range);
      const context = await readStartContext(reader, workspaceId, [job]);
      return { ...found, turnsOn: await findTurns(reader, job, context.settingsOf(job, range.profile)) };
    },

    /**
     * Creates a backfill of the windows that its mode selects now. Plans them without a lock, which can take
     * seconds, and inserts them in portions if there are many: the backfill is then `preparing`. What a run
     * completes after the request is not loaded again, whatever the mode.
     * @throws ServiceError not_found, invalid_request, job_without_schedule, job_refreshes, too_many_windows,
     * too_many_backfills, nothing_to_backfill, job_archived, workspace_archived, no_deployment,
     * no_configuration, invalid_profile
     */
    async create(request: CreateBackfillRequest): Promise<BackfillRecord> {
      const requestedAt = await reader.installation.readClock();
      for (let attempt = 1; ; attempt += 1) {
        const job = await find(request.workspaceId, request.jobId);
        // A plan that runs keep outdating is made under the lock in the end.
        const planned = attempt > maxPlans ? null : await plan(reader, job, request);
        const creation = { planned, requestedAt, isLastPlan: attempt === maxPlans };
        const created = await persistence.transaction((store) => tryCreate(store, request, creation));
        if (created) return created;
      }
    },
  };
}

function prepareIn(portionCount: number, windowCount: number) {
  if (portionCount === 1) return { preparedCount: null, waitReason: null };
  return { preparedCount: 0, waitReason: describePreparation({ windowCount, preparedCount: 0 }) };
}

interface Creation {
  planned: Planned | null;
  requestedAt: Date;
  /** The next plan would be made under the lock. */
  isLastPlan: boolean;
}

/** A plan, and what its windows follow from. */
type Planned = BackfillPlan & { clockKey: string; portions: WindowPortion[] };

/**
 * Rejects a job whose runs refresh: each window would drop what the others loaded.
 * @throws ServiceError job_refreshes
 */
export function refuseRefresh(job: JobRecord): void {
  const why = job.refreshPending
    ? 'has a pending refresh, which would drop what a backfill loads. Start a run of the job first'
    : 'refreshes with each run (refresh_propagation = "always"), so each window would drop the others';
  if (job.refreshPending || job.definition.refresh_propagation === 'always')
    throw new ServiceError('job_refreshes', `The job ${job.jobRef} ${why}.`);
}

/** Records a change of a backfill. */
export function recordBackfill(
  store: Pick<Store, 'auditLog'>,
  job: Pick<JobRecord, 'jobRef' | 'workspaceId'>,
  backfill: BackfillRecord,
  action: string,
  after: object | null = null,
): Promise<void> {
  const target = { kind: 'backfill', id: backfill.id, name: job.jobRef };
  return recordChange(store, { workspaceId: job.workspaceId, action, target, before: null, after });
}
