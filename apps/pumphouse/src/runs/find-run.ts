import type { RouteResponse } from '@pumphouse/contract';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { findJob } from '../jobs/find-job.ts';
import type { Session } from '../session/session.ts';
import { isId } from '../http/is-id.ts';

/** A run as the API returns it, with its job. */
export type Run = RouteResponse<'get_job_run'>;

/**
 * Finds a run by its id, or by its job and number: `load 12`, `load#12`; without a number the latest run of the
 * job.
 * @throws CommandError run_not_found, and the errors of `findJob`
 */
export async function findRun(session: Session, name: string, number?: string): Promise<Run> {
  const workspace_id = await session.workspaceId();
  if (isId(name)) {
    return session.client.call('get_job_run', { params: { workspace_id, job_run_id: name } });
  }
  const [jobName = name, numberInName] = name.split('#');
  const job = await findJob(session, jobName);
  const wanted = parseNumber(number ?? numberInName);
  const { items } = await session.client.call('list_job_runs', {
    params: { workspace_id },
    query: {
      job_id: job.id,
      limit: 1,
      include_system_job_runs: true,
      ...(wanted === undefined ? {} : { number: wanted }),
    },
  });
  const [found] = items;
  if (found) return found;
  throw new CommandError(
    wanted === undefined ? `${job.job_ref} has no run yet.` : `${job.job_ref} has no run ${wanted}.`,
    {
      code: 'run_not_found',
      exitCode: exitCodes.notFound,
      nextStep:
        wanted === undefined
          ? `Start one: pumphouse launch ${jobName}`
          : `pumphouse run list ${jobName} shows its runs.`,
    },
  );
}

/** @throws CommandError invalid_run_number */
function parseNumber(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^#?[1-9]\d{0,8}$/.test(text)) return Number(text.replace('#', ''));
  throw new CommandError(`${text} is not the number of a run.`, {
    code: 'invalid_run_number',
    exitCode: exitCodes.usage,
    nextStep: 'Give a number such as 12, or the id of a run.',
  });
}
