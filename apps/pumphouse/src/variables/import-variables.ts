import { readFile } from 'node:fs/promises';
import { parseEnv } from 'node:util';
import { explainReservedVariable } from '@pumphouse/contract';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import type { Session } from '../session/session.ts';
import { readStandardInput } from '../terminal/standard-input.ts';
import { formatTable } from '../terminal/table.ts';
import { describeScope, isSecretName, readScope, type StoredVariable } from './stored-variables.ts';

export interface ImportOptions {
  secret?: boolean;
  profile?: string;
  dryRun?: boolean;
}

/** What an import does with one variable. The value of a secret cannot be compared. */
export interface PlannedVariable {
  name: string;
  type: 'plain' | 'secret';
  change: 'added' | 'changed' | 'unchanged' | 'replaced';
}

/** Sets the variables of a .env file in one change. */
export async function importVariables(
  session: Session,
  file: string,
  { secret = false, profile, dryRun = false }: ImportOptions,
): Promise<void> {
  const { client, terminal } = session;
  const values = parseFile(file, file === '-' ? await readStandardInput() : await readText(file));
  const stored = await readScope(session, profile);
  const plan = planImport(values, stored, { isSecret: secret });
  const upserts = plan
    .filter(({ change }) => change !== 'unchanged')
    .map(({ name, type }) => ({ name, type, value: values.get(name) ?? '' }));
  if (!dryRun && upserts.length > 0) {
    await client.call('update_workspace_variables', {
      params: { workspace_id: await session.workspaceId() },
      body: { profile: profile ?? null, upserts },
    });
  }
  session.show(plan, () =>
    formatTable(
      plan,
      [
        { title: 'NAME', text: ({ name }) => name },
        { title: 'TYPE', text: ({ type }) => type },
        { title: dryRun ? 'WOULD BE' : 'RESULT', text: ({ change }) => change },
      ],
      { width: terminal.width, title: (text) => terminal.tone('strong', text) },
    ),
  );
  const count = `${upserts.length} of ${plan.length} variables for ${describeScope(profile)}`;
  terminal.note(dryRun ? `Would set ${count}. Nothing was changed.` : `Set ${count}.`);
  noteReadableSecrets(session, plan);
}

function noteReadableSecrets({ terminal }: Session, plan: readonly PlannedVariable[]): void {
  const names = plan
    .filter(({ name, type }) => type === 'plain' && isSecretName(name))
    .map(({ name }) => name);
  if (names.length === 0) return;
  terminal.note(
    `${names.join(', ')}: the names look like secrets, but plain values can be read and are not masked. ` +
      'To store all of the file as secrets, add --secret.',
  );
}

/**
 * Parses a .env file with Node's own parser.
 * @throws CommandError invalid_env_file, reserved_variable_name
 */
export function parseFile(file: string, text: string): Map<string, string> {
  const values = new Map(
    Object.entries(parseEnv(text)).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const],
    ),
  );
  if (values.size === 0) {
    throw new CommandError(`${file} has no variables.`, {
      code: 'invalid_env_file',
      exitCode: exitCodes.usage,
      nextStep: 'Write one variable in a line: NAME=value',
    });
  }
  const reserved = [...values.keys()].flatMap((name) => explainReservedVariable(name) ?? []);
  if (reserved.length === 0) return values;
  throw new CommandError(`${file} has names that are reserved.`, {
    code: 'reserved_variable_name',
    exitCode: exitCodes.refused,
    nextStep: 'Remove these lines from the file. Nothing was changed.',
    lines: reserved,
  });
}

/** Compares the file with what is stored. What was stored as a secret stays one. */
export function planImport(
  values: ReadonlyMap<string, string>,
  stored: ReadonlyMap<string, Pick<StoredVariable, 'type' | 'value'>>,
  { isSecret }: { isSecret: boolean },
): PlannedVariable[] {
  return [...values].map(([name, value]) => {
    const before = stored.get(name);
    const type = isSecret || before?.type === 'secret' ? 'secret' : 'plain';
    if (!before) return { name, type, change: 'added' };
    if (type === 'secret') return { name, type, change: 'replaced' };
    return { name, type, change: before.value === value ? 'unchanged' : 'changed' };
  });
}

async function readText(file: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
  } catch (error) {
    throw new CommandError(
      `${file} cannot be read (${error instanceof Error ? error.message : String(error)}).`,
      {
        code: 'unreadable_file',
        exitCode: exitCodes.usage,
        nextStep: 'Give the path of a .env file in UTF-8, or - for standard input.',
      },
    );
  }
}
