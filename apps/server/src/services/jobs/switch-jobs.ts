import type { RunEndStores } from '../runs/run-stores.ts';
import type { CancelRuns } from '../runs/cancel-runs.ts';
import type { JobRecord } from '../../store/records.ts';
import type { Persistence, Store } from '../../store/store.ts';
import type { Clock } from '../scheduling/clock.ts';
import { arrangeSchedules } from '../scheduling/arrange-schedules.ts';
import { isScheduled } from '../../domain/jobs/job-definition.ts';
import { manifestBuildJobRef } from '../../domain/jobs/manifest-build.ts';
import { recordChange } from '../audit/audit.ts';
import { ServiceError } from '../../platform/service-error.ts';
import { changeOpenWorkspace } from '../workspaces/open-workspace.ts';

/** The stores that this use case touches. */
type Stores = RunEndStores | 'auditLog';

/** A job of a workspace. */
interface JobScope {
  workspaceId: string;
  jobId: string;
}

export type SwitchJobs = ReturnType<typeof createSwitchJobs>;

/**
 * Creates the switches of a job: archived and paused. A switch to the current state changes nothing. Each
 * locks the workspace, as deploys do, because they switch jobs too; then the job, as starts do.
 * @throws ServiceError not_found, workspace_archived; pause and resume also job_not_pausable
 */
export function createSwitchJobs(persistence: Persistence<Stores>, cancelRuns: CancelRuns, clock: Clock) {
  function change<Result>(
    { workspaceId, jobId }: JobScope,
    work: (store: Pick<Store, Stores>, job: JobRecord) => Promise<Result>,
  ): Promise<Result> {
    return changeOpenWorkspace(persistence, workspaceId, async (store) => {
      const [job] = await store.jobs.lock([jobId]);
      if (job?.workspaceId !== workspaceId || job.jobRef === manifestBuildJobRef)
        throw new ServiceError('not_found', `There is no job ${jobId}.`);
      return work(store, job);
    });
  }

  function setPaused(scope: JobScope, isPaused: boolean): Promise<JobRecord> {
    return change(scope, async (store, job) => {
      const problem = findPauseProblem(job);
      if (problem) throw new ServiceError('job_not_pausable', problem);
      if (job.isPaused === isPaused) return job;
      await recordSwitch(store, job, isPaused ? 'job.pause' : 'job.resume');
      return store.jobs.setPaused(job, isPaused);
    });
  }

  return {
    /** Archives a job: it starts no more runs. Its queued runs are cancelled; started ones continue. */
    async archive(scope: JobScope): Promise<JobRecord> {
      const { archived, cancelled } = await change(scope, async (store, job) => {
        if (job.isArchived) return { archived: job, cancelled: [] };
        const archived = await store.jobs.archive(job);
        await arrangeSchedules(store, [archived], await clock(store));
        const cancelled = await cancelRuns.cancelWaiting(store, [job]);
        await recordSwitch(store, job, 'job.archive', { cancelled_run_count: cancelled.length });
        return { archived, cancelled };
      });
      cancelRuns.announce(cancelled);
      return archived;
    },

    /** Restores a job, not paused. The newest code may lack it (docs/decisions/0012). */
    unarchive: (scope: JobScope): Promise<JobRecord> =>
      change(scope, async (store, job) => {
        if (!job.isArchived) return job;
        await arrangeSchedules(store, [await store.jobs.unarchive(job)], await clock(store));
        await recordSwitch(store, job, 'job.unarchive');
        return (await store.jobs.get(scope.workspaceId, job.id)) ?? job;
      }),

    /**
     * Stops starts by the clock and by upstreams that become fresh; users, events and API clients can still
     * start the job.
     */
    pause: (scope: JobScope): Promise<JobRecord> => setPaused(scope, true),

    resume: (scope: JobScope): Promise<JobRecord> => setPaused(scope, false),
  };
}

function recordSwitch(
  store: Pick<Store, 'auditLog'>,
  job: JobRecord,
  action: string,
  after: object | null = null,
): Promise<void> {
  const target = { kind: 'job', id: job.id, name: job.jobRef };
  return recordChange(store, { workspaceId: job.workspaceId, action, target, before: null, after });
}

function findPauseProblem(job: JobRecord): string | null {
  if (job.isArchived) return `The job ${job.jobRef} is archived, so it never starts.`;
  if (isScheduled(job.definition)) return null;
  return `The job ${job.jobRef} has no schedule.`;
}
