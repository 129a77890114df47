import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { findJob } from '../jobs/find-job.ts';
import { report } from '../session/report.ts';
import type { Session } from '../session/session.ts';
import { askText, requireInteractive } from '../terminal/ask.ts';
import { formatInstant, formatRelative } from '../terminal/format.ts';
import { parseAge } from '../terminal/parse-value.ts';
import { readStandardInput } from '../terminal/standard-input.ts';
import { requireApp } from './find-app.ts';

export interface PublishOptions {
  expires?: string;
  password?: true | string;
}

/** Creates a public link, which goes to standard output. */
export async function publish(session: Session, name: string, options: PublishOptions): Promise<void> {
  const { client, terminal } = session;
  const expiresAt = options.expires === undefined ? null : parseExpiry(options.expires);
  checkPasswordSource(options.password);
  const job = await findJob(session, name);
  requireApp(job);
  const password = await readPassword(session, options.password);
  const link = await client.call('publish_app', {
    params: { workspace_id: job.workspace_id, job_id: job.id },
    body: { expires_at: expiresAt, password },
  });
  session.show(link, () => link.url);
  if (job.public_url !== null) terminal.note('The earlier link does not work any more.');
  const protection = link.has_password ? ', with the password' : '';
  terminal.note(
    link.expires_at === null
      ? `Everyone who has the link can see ${job.job_ref}${protection}, until pumphouse unpublish ${name}.`
      : `Everyone who has the link can see ${job.job_ref}${protection}, until ${formatInstant(link.expires_at)} (${formatRelative(link.expires_at)}).`,
  );
}

/** Revokes the public link. */
export async function unpublish(session: Session, name: string): Promise<void> {
  const job = await findJob(session, name);
  requireApp(job);
  const params = { workspace_id: job.workspace_id, job_id: job.id };
  const changed = await session.client.call('unpublish_job', { params });
  report(
    session,
    changed,
    job.public_url === null
      ? `${job.job_ref} had no public link.`
      : `Revoked the public link of ${job.job_ref}.`,
  );
}

/**
 * Parses when a link expires: an age from now, or an instant.
 * @throws CommandError invalid_expiry
 */
export function parseExpiry(text: string, nowMs = Date.now()): string {
  const isAge = /^(?:\d+[smhdw])+$/.test(text);
  const expiresMs = isAge ? nowMs + parseAge(text) : Date.parse(text);
  if (expiresMs > nowMs) return new Date(expiresMs).toISOString();
  throw new CommandError(
    Number.isNaN(expiresMs) ? `--expires is ${text}, which is not a time.` : `${text} is in the past.`,
    {
      code: 'invalid_expiry',
      exitCode: exitCodes.usage,
      nextStep: 'Give an age such as 12h or 7d, or a time such as 2026-12-31T18:00Z.',
    },
  );
}

/** @throws CommandError password_in_arguments */
function checkPasswordSource(given: true | string | undefined): void {
  if (given === undefined || given === true || given === '-') return;
  throw new CommandError(
    'A password in the arguments is seen by other users and kept in the shell history.',
    {
      code: 'password_in_arguments',
      exitCode: exitCodes.usage,
      nextStep: 'Use --password as the last argument to be asked, or --password - to read standard input.',
    },
  );
}

async function readPassword({ terminal }: Session, given: true | string | undefined): Promise<string | null> {
  if (given === undefined) return null;
  if (given === '-') return readStandardInput();
  requireInteractive(terminal, 'The password', 'Use --password - to read it from standard input.');
  return askText('Password for visitors (8 characters or more)', { isSecret: true });
}
