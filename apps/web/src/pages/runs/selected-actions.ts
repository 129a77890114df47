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
