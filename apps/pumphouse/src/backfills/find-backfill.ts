import type { BackfillResponse } from '@pumphouse/contract';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { findJob } from '../jobs/find-job.ts';
import { isId } from '../http/is-id.ts';
import { readAll } from '../paging/read-all.ts';
import type { Session } from '../session/session.ts';

/** The parameters of operations on one backfill. */
export interface BackfillParams {
  workspace_id: string;
  backfill_id: string;
}

/**
 * Finds a backfill by its id, the beginning of it, or a job: then its newest one.
 * @throws CommandError backfill_not_found, backfill_ambiguous, job_not_found, job_name_ambiguous
 */
export async function findBackfill(session: Session, name: string): Promise<BackfillParams> {
  const workspace_id = await session.workspaceId();
  if (isId(name)) return { workspace_id, backfill_id: name };
  const isBeginning = /^[0-9a-f]{4}[0-9a-f-]*$/i.test(name);
  const found = isBeginning
    ? (await readBackfills(session, {})).filter(({ id }) => id.startsWith(name.toLowerCase()))
    : [];
  if (found.length > 1)
    throw refuse(`${found.length} backfills have ids that begin with ${name}.`, 'ambiguous');
  const [backfill = await findNewest(session, name)] = found;
  return { workspace_id, backfill_id: backfill.id };
}

async function findNewest(session: Session, job: string): Promise<BackfillResponse> {
  const { id, job_ref } = await findJob(session, job);
  const [newest] = await readBackfills(session, { job_id: id }, 1);
  if (!newest) throw refuse(`The job ${job_ref} has no backfill.`, 'not_found');
  return newest;
}

function refuse(message: string, problem: 'ambiguous' | 'not_found'): CommandError {
  return new CommandError(message, {
    code: `backfill_${problem}`,
    exitCode: problem === 'ambiguous' ? exitCodes.usage : exitCodes.notFound,
    nextStep: 'pumphouse backfill list shows the backfills with their ids.',
  });
}

/** Reads backfills of the workspace, newest first. */
export async function readBackfills(
  session: Session,
  query: { job_id?: string; is_open?: boolean },
  limit?: number,
): Promise<BackfillResponse[]> {
  const params = { workspace_id: await session.workspaceId() };
  return readAll(
    (page) => session.client.call('list_backfills', { params, query: { ...query, ...page } }),
    limit,
  );
}
