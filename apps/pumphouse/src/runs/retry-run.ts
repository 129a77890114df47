import { isTerminalRunState } from '@pumphouse/contract';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes, type ExitCode } from '../errors/exit-codes.ts';
import type { Session } from '../session/session.ts';
import { findRun } from './find-run.ts';
import { nameRun, shortenJobRef } from './job-name.ts';

/** Starts the job of a run again, with the profile and the refresh of that run, and the latest code. */
export async function retryRun(
  session: Session,
  [name, number]: [name: string, number?: string],
  { follow = false }: { follow?: boolean },
): Promise<ExitCode | void> {
  const { client, terminal } = session;
  const params = { workspace_id: await session.workspaceId() };
  const { id, job } = await findRun(session, name, number);
  const before = await client.call('get_run_overview', { params: { ...params, job_run_id: id } });
  if (!isTerminalRunState(before.status)) throw stillActive(before);
  const { profile, refresh } = before;
  const run = await client.call('create_job_run', {
    params,
    body: { job_id: job.id, trigger: 'manual:', profile, refresh },
  });
  const started = nameRun({ job_ref: run.job.job_ref, number: run.number });
  if (follow) {
    terminal.note(`Started ${started}, as ${nameRun(before)} was`);
    const { followRun } = await import('../logs/follow-log.ts');
    return followRun(session, run);
  }
  session.show(run, () => `Started ${started}, as ${nameRun(before)} was`);
  terminal.note(`Follow it: pumphouse logs ${shortenJobRef(run.job.job_ref)} ${run.number} -f`);
}

function stillActive(run: { job_ref: string; number: number; status: string }): CommandError {
  return new CommandError(`${nameRun(run)} is ${run.status}.`, {
    code: 'run_not_finished',
    exitCode: exitCodes.refused,
    nextStep: `Wait for its end, or cancel it first: pumphouse run cancel ${shortenJobRef(run.job_ref)} ${run.number}`,
  });
}
