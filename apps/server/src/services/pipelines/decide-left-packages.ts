import type { JobRunRecord } from '../../store/records.ts';
import type { JobVersions } from '../jobs/job-versions.ts';
import type { LeftPackageDecision } from '../../domain/pipelines/left-packages.ts';
import type { Persistence } from '../../store/store.ts';
import type { RunInterval } from '../../domain/scheduling/run-interval.ts';
import { decideLeftPackage } from '../../domain/pipelines/left-packages.ts';
import { findDueStart } from '../../domain/scheduling/start-interval.ts';
import { ServiceError } from '../../platform/service-error.ts';
import { toIntervals } from '../backfills/intervals.ts';

export type DecideLeftPackages = ReturnType<typeof createDecideLeftPackages>;

/** Decides what becomes of load packages that runs left: see docs/decisions/0132-packages-of-intervals.md. */
export function createDecideLeftPackages(
  persistence: Persistence<'attempts' | 'jobCoverage' | 'jobRuns' | 'jobs'>,
  jobVersions: Pick<JobVersions, 'get'>,
  now: () => Date,
) {
  const { attempts, jobCoverage, jobRuns, jobs } = persistence.store;

  /** @param asking the run that has found the package; null if no run would load its time now */
  async function decide(run: JobRunRecord, asking: JobRunRecord | null): Promise<LeftPackageDecision> {
    const { definition } = await jobVersions.get(run.jobVersionId);
    const interval = definition.incremental_mode === 'interval' ? intervalOf(run) : null;
    const [job] = interval === null ? [] : await jobs.getMany([run.jobId]);
    if (interval === null || !job) return { decision: 'finish' };
    const done = await jobCoverage.readDone(job.id, interval);
    const { completedIntervalEnd: lastCompletedEnd } = job;
    return decideLeftPackage({
      interval,
      isCompleted: run.status === 'completed',
      isOfBackfill: run.backfillId !== null,
      asking: asking?.jobId === run.jobId ? intervalOf(asking) : null,
      completed: done ? toIntervals(done.completed) : [],
      dueFrom: findDueStart({ definition: job.definition, lastCompletedEnd, now: now() }),
    });
  }

  return {
    /**
     * @param leftBy the attempt that left the package, as the local data says
     * @throws ServiceError attempt_closed
     */
    async ofAttempt(attemptId: string, leftBy: string): Promise<LeftPackageDecision> {
      const attempt = await attempts.get(attemptId);
      if (!attempt || attempt.closedAt) throw new ServiceError('attempt_closed', 'This attempt has ended.');
      const left = await attempts.get(leftBy);
      const runs = await jobRuns.listByIds([attempt, ...(left ? [left] : [])].map((each) => each.jobRunId));
      const asking = runs.find(({ id }) => id === attempt.jobRunId);
      const run = runs.find(({ id }) => id === left?.jobRunId);
      // Runs may write anything to the local data.
      if (!asking || run?.workspaceId !== asking.workspaceId) return { decision: 'finish' };
      return decide(run, asking);
    },

    /** Decides before a run is started that would only finish the package. */
    async ofRun(workspaceId: string, jobRunId: string): Promise<LeftPackageDecision> {
      const run = await jobRuns.get(workspaceId, jobRunId);
      return run ? decide(run, null) : { decision: 'finish' };
    },
  };
}

function intervalOf({ intervalStart: start, intervalEnd: end }: JobRunRecord): RunInterval | null {
  return start && end ? { start, end } : null;
}
