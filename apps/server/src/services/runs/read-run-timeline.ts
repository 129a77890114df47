import type { Failed } from '../../domain/runs/failure-reason.ts';
import type { AttemptFailure, AttemptRecord, JobRunRecord } from '../../store/records.ts';
import type { Persistence } from '../../store/store.ts';
import type { PackageWarning } from '../../domain/environments/known-bad-combinations.ts';
import type { RunPhase } from '../../domain/runs/run-phases.ts';
import { listPackageWarnings } from '../../domain/environments/known-bad-combinations.ts';
import { explainFailed } from '../../domain/runs/failure-reason.ts';
import { listRunPhases } from '../../domain/runs/run-phases.ts';
import { ServiceError } from '../../platform/service-error.ts';

export interface ExplainedFailure extends AttemptFailure {
  nextStep: string;
}

type Explained<Subject extends { failure: AttemptFailure | null }> = Omit<Subject, 'failure'> & {
  failure: ExplainedFailure | null;
};

export interface RunTimeline {
  run: Explained<JobRunRecord>;
  /** In order. */
  attempts: Explained<AttemptRecord>[];
  phases: RunPhase[];
  /** Warnings for the environment of the last attempt. */
  packageWarnings: PackageWarning[];
}

export type ReadRunTimeline = ReturnType<typeof createReadRunTimeline>;

export function createReadRunTimeline({ store }: Persistence<'attempts' | 'environments' | 'jobRuns'>) {
  /**
   * Reads the timeline of a run and of each of its attempts.
   * @throws ServiceError not_found
   */
  return async function readRunTimeline(workspaceId: string, jobRunId: string): Promise<RunTimeline> {
    const run = await store.jobRuns.get(workspaceId, jobRunId);
    if (!run) throw new ServiceError('not_found', `There is no job run ${jobRunId}.`);
    const attempts = await store.attempts.listOfRun(jobRunId);
    return {
      run: explain(run),
      attempts: attempts.map((attempt) => explain(attempt)),
      phases: listRunPhases(run, attempts),
      packageWarnings: listPackageWarnings(await store.environments.packagesOfRun(jobRunId)),
    };
  };
}

function explain<Subject extends Failed>(subject: Subject): Explained<Subject> {
  const { failure } = subject;
  if (!failure) return { ...subject, failure };
  return { ...subject, failure: { ...failure, nextStep: explainFailed(subject)?.nextStep ?? '' } };
}
