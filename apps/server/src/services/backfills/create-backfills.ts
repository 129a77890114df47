import type { RunStartStores } from '../runs/run-stores.ts';
import type { BackfillMode, WindowState } from '../../domain/backfills/window-states.ts';
import type { BackfillRecord, JobRecord } from '../../store/records.ts';
import type { Clock } from '../scheduling/clock.ts';
import type { Persistence, Store } from '../../store/store.ts';
import type { RunInterval } from '../../domain/scheduling/run-interval.ts';
import { chooseJobSettings } from '../../domain/jobs/job-settings.ts';
import { computeWindows, readStates, requireClock } from './find-windows.ts';
import { countStates, isSelected } from '../../domain/backfills/window-states.ts';
import { joinWindows } from '../../domain/backfills/plan-windows.ts';
import { findRefusal, refuseArchived } from '../runs/start-refusals.ts';
import { readStartContext } from '../runs/start-context.ts';
import { recordChange } from '../audit/audit.ts';
import { ServiceError } from '../../platform/service-error.ts';

type Stores = RunStartStores | 'auditLog' | 'backfills' | 'backfillWindows';

/** Which windows of a job a backfill loads. */
export interface BackfillRange extends RunInterval {
  mode: BackfillMode;
  /** Ticks of the schedule in a window. */
  chunkTicks: number;
  newestFirst: boolean;
}

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

/** What a backfill would load. */
export interface BackfillPreview {
  /** The range, floored and clipped; null if it includes no window. */
  range: RunInterval | null;
  /** Windows of one tick in the range, by state. */
  counts: Record<WindowState, number>;
  /** What the backfill would load, joined to its windows, in the order in which they would start. */
  selected: RunInterval[];
}

/** Backfills of one job that may be open at the same time. */
const maxOpenBackfills = 20;
/** Scheduled runs of the job, and of most other jobs of the workspace, start first. */
const lowerBy = 100;

export type CreateBackfills = ReturnType<typeof createCreateBackfills>;

/** Creates the use cases that preview and create backfills. */
export function createCreateBackfills(persistence: Persistence<Stores>, clock: Clock) {
  async function plan(
    store: Pick<Store, 'installation' | 'jobCoverage'>,
    job: JobRecord,
    range: BackfillRange,
  ): Promise<BackfillPreview> {
    if (range.end <= range.start)
      throw new ServiceError('invalid_request', 'The end of the range must be after its start.');
    const windows = computeWindows(requireClock(job), range, await clock(store));
    const states = await readStates(store, job.id, windows);
    const selected = joinWindows(
      states.filter((window) => isSelected(window, range.mode)),
      range.chunkTicks,
    );
    const [first, last] = [windows[0], windows.at(-1)];
    return {
      range: first && last ? { start: first.start, end: last.end } : null,
      counts: countStates(states),
      selected: range.newestFirst ? selected.toReversed() : selected,
    };
  }

  return {
    /**
     * Computes what a backfill of the range would load now.
     * @throws ServiceError not_found, invalid_request, job_without_schedule, too_many_windows
     */
    async preview(workspaceId: string, jobId: string, range: BackfillRange): Promise<BackfillPreview> {
      const job = await persistence.store.jobs.get(workspaceId, jobId);
      if (!job) throw new ServiceError('not_found', `There is no job ${jobId}.`);
      return plan(persistence.store, job, range);
    },

    /**
     * Creates a backfill of the windows that its mode selects now.
     * @throws ServiceError not_found, invalid_request, job_without_schedule, job_refreshes, too_many_windows,
     * too_many_backfills, nothing_to_backfill, job_archived, workspace_archived, no_deployment,
     * no_configuration, invalid_profile
     */
    create: (request: CreateBackfillRequest): Promise<BackfillRecord> =>
      persistence.transaction(async (store) => {
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
        const { range, selected } = await plan(store, job, request);
        if (!range || selected.length === 0)
          throw new ServiceError(
            'nothing_to_backfill',
            'The range includes no window that this mode loads. Choose another range, or the mode "all".',
          );
        const settings = context.configuration?.runSettings ?? null;
        const profile = context.profileOf(job, request.profile);
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
          priority: request.priority ?? chooseJobSettings(settings, profile, job.jobRef).priority - lowerBy,
          maxFailures: request.maxFailures,
          clock: clockKey,
          windowCount: selected.length,
        });
        await store.backfillWindows.insert({ id: backfill.id, jobId: job.id }, selected);
        await recordBackfill(store, job, backfill, 'backfill.create', {
          start: backfill.startsAt.toISOString(),
          end: backfill.endsAt.toISOString(),
          mode: backfill.mode,
          window_count: backfill.windowCount,
          parallel: backfill.parallel,
        });
        await store.outbox.wake('backfills');
        return backfill;
      }),
  };
}

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
