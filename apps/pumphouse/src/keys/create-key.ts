import { hostname } from 'node:os';
import { maxKeyDays } from '@pumphouse/contract';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import type { Session } from '../session/session.ts';
import { formatInstant } from '../terminal/format.ts';

export interface CreateKeyOptions {
  name?: string;
  workspaceKey?: boolean;
  role?: 'developer' | 'viewer';
  days?: string;
}

/** Creates a key. Its secret alone goes to standard output, so that it can be piped to where it is kept. */
export async function createKey(session: Session, options: CreateKeyOptions): Promise<void> {
  const { client, terminal } = session;
  if (options.role !== undefined && !options.workspaceKey) {
    throw new CommandError('A personal key has the roles of its owner, so --role does not apply.', {
      code: 'conflicting_options',
      exitCode: exitCodes.usage,
      nextStep: 'Add --workspace-key to create a key of the workspace with that role.',
    });
  }
  const days = parseDays(options.days);
  const body = { name: options.name ?? hostname(), ...(days !== undefined && { days }) };
  const key = options.workspaceKey
    ? await client.call('create_workspace_key', {
        params: { workspace_id: await session.workspaceId() },
        body: { ...body, role: options.role ?? 'developer' },
      })
    : await client.call('create_personal_key', { body });
  const acts = options.workspaceKey
    ? `It acts as a ${options.role ?? 'developer'} of the workspace`
    : 'It acts as you, in all your organizations';
  session.show(key, () => key.secret);
  if (session.credential.kind === 'key') {
    terminal.note('It was created with another key, and is revoked together with it.');
  }
  terminal.note(
    `Created key ${JSON.stringify(key.name ?? '')}. ${acts}, until ${formatInstant(key.expires_at)}. ` +
      'Its secret is not shown again. Programs read it from RUNTIME__API_KEY.',
  );
}

/**
 * Parses the validity of a key.
 * @throws CommandError invalid_days
 */
export function parseDays(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const days = /^\d{1,4}d?$/.test(text) ? Number.parseInt(text, 10) : 0;
  if (days >= 1 && days <= maxKeyDays) return days;
  throw new CommandError(`--days is ${text}, which is not a number from 1 to ${maxKeyDays}.`, {
    code: 'invalid_days',
    exitCode: exitCodes.usage,
    nextStep: 'Give the days until the key expires, such as --days 30.',
  });
}
