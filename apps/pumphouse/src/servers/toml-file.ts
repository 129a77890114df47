import { mkdir, open, readFile, realpath, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { randomBytes } from 'node:crypto';
import { parse, patch, stringify } from '@decimalturn/toml-patch';
import { asObject } from '@pumphouse/contract';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';

type Table = Record<string, unknown>;

/**
 * Reads a TOML file.
 * @returns an empty table if the file does not exist
 * @throws CommandError invalid_toml
 */
export async function readTomlFile(path: string): Promise<Table> {
  return parseToml(path, await readText(path));
}

/**
 * Changes a TOML file; comments and the order of keys stay. The new file replaces the old one at once, and
 * only its owner can read it if it is new: it may contain secrets.
 */
export async function updateTomlFile(path: string, change: (table: Table) => Table): Promise<void> {
  const text = await readText(path);
  const changed = change(parseToml(path, text));
  const written = text.trim() === '' ? stringify(changed) : patch(text, changed);
  await mkdir(dirname(path), { recursive: true });
  // A link, such as into a folder of dotfiles, stays a link.
  const target = await realpath(path).catch(() => path);
  const temporary = `${target}.${randomBytes(6).toString('hex')}.tmp`;
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(written);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, target).catch(async (error: unknown) => {
    await rm(temporary, { force: true });
    throw error;
  });
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw new CommandError(
      `${path} cannot be read (${error instanceof Error ? error.message : String(error)}).`,
      {
        code: 'unreadable_file',
        exitCode: exitCodes.usage,
        nextStep: 'Give yourself access to the file.',
      },
    );
  }
}

function parseToml(path: string, text: string): Table {
  try {
    return asObject(parse(text));
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new CommandError(`${path} is not valid TOML (${reason}).`, {
      code: 'invalid_toml',
      exitCode: exitCodes.usage,
      nextStep: 'Correct the file, then try again.',
    });
  }
}
