import { activeRunStates, type CancelJobRunsResponse } from '@pumphouse/contract';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes, type ExitCode } from '../errors/exit-codes.ts';
import { findJob } from '../jobs/find-job.ts';
import type { Session } from '../session/session.ts';
import { confirm } from '../terminal/confirm.ts';
import { formatList } from '../terminal/list.ts';
import { findRuns } from './find-runs.ts';
import { nameRun, shortenJobRef } from './job-name.ts';
import { readRuns } from './list-runs.ts';
import { countOf } from './run-outcome.ts';

/** The options of `run cancel`. */
export interface CancelOptions {
  job?: string;
  yes?: boolean;
}

const maxRuns = 1000;

/** Cancels runs, or all active runs of a job. */
export async function cancelRuns(
  session: Session,
  names: string[],
  options: CancelOptions,
): Promise<ExitCode | void> {
  const ids =
    options.job === undefined
      ? await findNamed(session, names)
      : await findOfJob(session, options.job, options);
  if (ids.length === 0) {
    session.terminal.note('Nothing to cancel: the job has no active runs.');
    session.show({ succeeded: [], skipped: [], failed: [] }, () => '');
    return;
  }
  const receipt = await session.client.call('cancel_job_runs', {
    params: { workspace_id: await session.workspaceId() },
    body: { job_run_ids: ids },
  });
  session.show(receipt, () => formatReceipt(session, receipt));
  if (receipt.failed.length > 0) return exitCodes.refused;
}

/** @throws CommandError no_run_named */
async function findNamed(session: Session, names: string[]): Promise<string[]> {
  if (names.length > 0) return (await findRuns(session, names)).map(({ id }) => id);
  throw new CommandError('No run is named.', {
    code: 'no_run_named',
    exitCode: exitCodes.usage,
    nextStep: 'Name runs, such as load 12, or add --job JOB to cancel all active runs of a job.',
  });
}

async function findOfJob(session: Session, name: string, { yes = false }: CancelOptions): Promise<string[]> {
  const job = await findJob(session, name);
  const runs = await readRuns(session, { job_id: job.id, status: [...activeRunStates] }, maxRuns);
  if (runs.length === 0) return [];
  const question = `Cancel ${countOf(runs.length, 'active run')} of ${shortenJobRef(job.job_ref)}?`;
  await confirm(session.terminal, question, { isConfirmed: yes });
  return runs.map(({ id }) => id);
}

function formatReceipt({ terminal }: Session, { succeeded, skipped, failed }: CancelJobRunsResponse): string {
  const name = (run: { job_ref: string; job_run_number: number }) =>
    nameRun({ ...run, number: run.job_run_number });
  const rows = [
    ...succeeded.map((run) => ({
      run: name(run),
      result:
        run.previous_status === 'pending'
          ? 'removed from the queue: it had not started'
          : `cancelling; it was ${run.previous_status}`,
    })),
    ...skipped.map((run) => ({ run: name(run), result: `not changed: it is ${run.previous_status}` })),
    ...failed.map(({ ref, detail }) => ({ run: ref, result: `failed: ${detail}` })),
  ];
  return formatList(terminal, rows, {
    empty: '',
    columns: [
      { title: 'RUN', text: ({ run }) => run },
      { title: 'RESULT', text: ({ result }) => result, isProse: true },
    ],
  });
}
