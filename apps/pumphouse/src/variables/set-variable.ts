import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { report } from '../session/report.ts';
import type { Session } from '../session/session.ts';
import { askText } from '../terminal/ask.ts';
import { readStandardInput } from '../terminal/standard-input.ts';
import { describeScope, isSecretName, readScope } from './stored-variables.ts';
import { warnOfTypedSecret } from '../terminal/warn-of-typed-secret.ts';

export interface SetVariableOptions {
  secret?: boolean;
  plain?: boolean;
  profile?: string;
}

/** Sets a variable. What was stored as a secret stays one, unless `--plain` is given. */
export async function setVariable(
  session: Session,
  name: string,
  given: string | undefined,
  { secret = false, plain = false, profile }: SetVariableOptions,
): Promise<void> {
  const { client, terminal } = session;
  const stored = (await readScope(session, profile)).get(name);
  const staysSecret = !secret && !plain && stored?.type === 'secret';
  const isSecret = secret || staysSecret;
  if (staysSecret) terminal.note(`${name} is a secret, and stays one. To store a plain value, add --plain.`);
  if (isSecret && given !== undefined && given !== '-') {
    warnOfTypedSecret(
      terminal,
      `Leave out the value to be asked for it, or pipe it: pumphouse variable set ${name} - --secret`,
    );
  }
  const value = await readValue(session, name, given, isSecret);
  const params = { workspace_id: await session.workspaceId() };
  const type = isSecret ? 'secret' : 'plain';
  const { results } = await client.call('update_workspace_variables', {
    params,
    body: { profile: profile ?? null, upserts: [{ name, type, value }] },
  });
  report(
    session,
    results,
    `Set ${isSecret ? 'secret' : 'variable'} ${terminal.tone('strong', name)} for ${describeScope(profile)}.`,
  );
  if (!isSecret && !plain && isSecretName(name)) {
    terminal.note(
      `${name} looks like a secret, but can be read and is not masked. Set it again with --secret.`,
    );
  }
  if (isSecret && value.length < 6) {
    terminal.note('It has fewer than 6 characters, which is too short to be masked in logs.');
  }
}

async function readValue(
  { terminal }: Session,
  name: string,
  given: string | undefined,
  isSecret: boolean,
): Promise<string> {
  if (given !== undefined && given !== '-') return given;
  if (given === undefined && terminal.isInteractive) return askText(`Value of ${name}`, { isSecret });
  const read = await readStandardInput();
  if (read !== '') return read;
  throw new CommandError(`Standard input has no value of ${name}.`, {
    code: 'empty_value',
    exitCode: exitCodes.usage,
    nextStep: `Pipe the value to the command, or run it on a terminal, where it asks. To store an empty value: pumphouse variable set ${name} ""`,
  });
}
