import { createClient } from '@pumphouse/client';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { orNull } from '../http/or-null.ts';
import { findJob } from '../jobs/find-job.ts';
import { findRun } from '../runs/find-run.ts';
import { locatePage } from '../session/console-address.ts';
import type { Session } from '../session/session.ts';
import { visit } from './visit.ts';
import { isId } from '../http/is-id.ts';

export interface OpenOptions {
  browser: boolean;
}

/** Opens a page of the console, and prints its address. */
export async function open(
  session: Session,
  target: string | undefined,
  name: string | undefined,
  { browser }: OpenOptions,
): Promise<void> {
  const segments = await chooseSegments(session, target, name);
  const url = await locatePage(session, ...segments);
  session.show({ url }, () => url);
  if (browser) await visit(session, url, () => addSignIn(session, url));
}

async function chooseSegments(
  session: Session,
  target: string | undefined,
  name: string | undefined,
): Promise<string[]> {
  if (target === undefined) return [];
  if (target === 'pipeline') return ['pipelines', requireName(name)];
  if (name !== undefined || target.includes('#')) return ['runs', (await findRun(session, target, name)).id];
  if (isId(target)) return chooseById(session, target);
  return ['jobs', (await findJob(session, target)).job_ref];
}

/** An id is that of a run or of a job. */
async function chooseById(session: Session, id: string): Promise<string[]> {
  const params = { workspace_id: await session.workspaceId(), job_run_id: id };
  const run = await orNull([404], session.client.call('get_job_run', { params }));
  return run ? ['runs', run.id] : ['jobs', (await findJob(session, id)).job_ref];
}

/** @throws CommandError missing_argument */
function requireName(name: string | undefined): string {
  if (name !== undefined) return name;
  throw new CommandError('The name of the pipeline is missing.', {
    code: 'missing_argument',
    exitCode: exitCodes.usage,
    nextStep: 'Run pumphouse open pipeline NAME.',
  });
}

/** A login signs the browser in with a code that is valid once; with a key the browser asks. */
async function addSignIn({ serverUrl, fetch, credential }: Session, url: string): Promise<string> {
  // An expired login is refreshed first: the code is issued for the current token.
  await credential.current();
  const refresh_token = await credential.refreshToken();
  if (refresh_token === undefined) return url;
  const client = createClient({ baseUrl: serverUrl, fetch });
  const { swap_code } = await client.call('issue_swap_code_session', { body: { refresh_token } });
  return `${url}?swap=${encodeURIComponent(swap_code)}`;
}
