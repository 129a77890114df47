import { asObject, isTerminalRunState } from '@pumphouse/contract';
import { ApiError } from '@pumphouse/client';
import { startJob } from '../launch/launch.ts';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes, type ExitCode } from '../errors/exit-codes.ts';
import type { Session } from '../session/session.ts';
import { findRun } from './find-run.ts';
import { nameRun, shortenJobRef } from './job-name.ts';

/** Starts the job of a run again, with the profile, the refresh and the inputs of that run, and the latest code. */
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
  const input = await readInputs(session, id);
  const run =
    input === undefined
      ? await client.call('create_job_run', {
          params,
          body: { job_id: job.id, trigger: 'manual:', profile, refresh },
        })
      : await startJob(session, { id: job.id, job_ref: before.job_ref }, { profile, refresh, input });
  const started = nameRun({ job_ref: before.job_ref, number: run.number });
  if (follow) {
    terminal.note(`Started ${started}, as ${nameRun(before)} was`);
    const { followRun } = await import('../logs/follow-log.ts');
    return followRun(session, run);
  }
  session.show(run, () => `Started ${started}, as ${nameRun(before)} was`);
  terminal.note(`Follow it: pumphouse logs ${shortenJobRef(before.job_ref)} ${run.number} -f`);
}

/** @returns undefined for none, for the body of a webhook, and for a viewer, who may not read inputs */
async function readInputs(session: Session, runId: string): Promise<Record<string, unknown> | undefined> {
  const params = { workspace_id: await session.workspaceId(), job_run_id: runId };
  try {
    const { input, used_as: use } = await session.client.call('get_job_run_input', { params });
    return input === null || use === 'context' ? undefined : asObject(JSON.parse(input));
  } catch (error) {
    if (error instanceof ApiError && error.status === 403) return undefined;
    throw error;
  }
}

function stillActive(run: { job_ref: string; number: number; status: string }): CommandError {
  return new CommandError(`${nameRun(run)} is ${run.status}.`, {
    code: 'run_not_finished',
    exitCode: exitCodes.refused,
    nextStep: `Wait for its end, or cancel it first: pumphouse run cancel ${shortenJobRef(run.job_ref)} ${run.number}`,
  });
}
