import { isTerminalRunState, type RunOverviewResponse } from '@pumphouse/contract';
import { shortenJobName } from '../../details/job-name.ts';
import { whyNotCancel } from './run-rules.ts';

type Run = Pick<RunOverviewResponse, 'id' | 'number' | 'job_id' | 'job_name' | 'status' | 'created_at'>;

/** Maximum jobs that are started at once. */
export const maxStartedJobs = 50;

export const nameOfRun = ({ job_name: jobName, number }: Pick<Run, 'job_name' | 'number'>) =>
  `${shortenJobName(jobName)} #${number}`;

/** Why the runs cannot be compared; null if they can. */
export function whyNotCompare(runs: readonly Run[]): string | null {
  const [one, other] = runs;
  if (one === undefined || other === undefined || runs.length > 2) return 'Select two runs of one job.';
  return one.job_id === other.job_id ? null : 'The runs are of different jobs.';
}

/** The two runs to compare, the earlier one as the base. */
export function toComparison(runs: readonly Run[]): { run: Run; base: Run } | null {
  const [base, run] = runs.toSorted((a, b) => a.number - b.number);
  return whyNotCompare(runs) === null && base && run ? { run, base } : null;
}

/** The runs that can be cancelled. */
export const listCancellable = <Each extends Run>(runs: readonly Each[]): Each[] =>
  runs.filter(({ status }) => whyNotCancel(status) === null);

/** "2 runs are pending, 1 is running". */
export function describeCancellable(runs: readonly Run[]): string {
  const pending = runs.filter(({ status }) => status === 'pending').length;
  const started = runs.length - pending;
  const parts = [
    pending > 0 && `${pending} pending`,
    started > 0 && `${started} that ${started === 1 ? 'has' : 'have'} started`,
  ];
  return parts.filter(Boolean).join(' and ');
}

/** What cancelling does to the runs: only a run that has started is stopped, and may have loaded something. */
export function describeCancelling(runs: readonly Pick<Run, 'status'>[]): string {
  const started = runs.filter(({ status }) => status !== 'pending').length;
  const isOne = runs.length === 1;
  if (started === 0)
    return isOne
      ? 'The run has not started. It is removed from the queue.'
      : 'The runs have not started. They are removed from the queue.';
  if (isOne)
    return 'The run is asked to stop, and is killed after its grace period. Data that it has already loaded is kept.';
  const stopped =
    'are asked to stop, and are killed after their grace periods. Data that they have already loaded is kept.';
  if (started === runs.length) return `The runs ${stopped}`;
  return `Runs that have not started are removed from the queue. The others ${stopped}`;
}

/** The jobs of the runs that have ended, each with the newest of these runs. */
export function listEndedJobs<Each extends Run>(runs: readonly Each[]): Each[] {
  const newest = new Map<string, Each>();
  for (const run of runs) {
    if (!isTerminalRunState(run.status)) continue;
    const known = newest.get(run.job_id);
    if (known === undefined || known.number < run.number) newest.set(run.job_id, run);
  }
  return [...newest.values()];
}
