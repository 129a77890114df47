import { mkdir, open, readFile, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
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
 * Changes a TOML file; comments and the order of keys stay. The new file replaces the old one at once. Only its
 * owner can read it if it may contain secrets or is new; other files keep their mode.
 */
export async function updateTomlFile(path: string, change: (table: Table) => Table): Promise<void> {
  const text = await readText(path);
  const changed = change(parseToml(path, text));
  const written = text.trim() === '' ? stringify(changed) : patch(text, changed);
  await mkdir(dirname(path), { recursive: true });
  // A link, which tools for dotfiles make, stays: its target is replaced.
  const target = await realpath(path).catch(() => path);
  await replaceFile(target, written, await chooseMode(path));
}

const privateMode = 0o600;

async function chooseMode(path: string): Promise<number> {
  if (basename(path) !== 'config.toml') return privateMode;
  const found = await stat(path).catch(() => null);
  return found === null ? privateMode : found.mode & 0o777;
}

async function replaceFile(path: string, content: string, mode: number): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  const file = await open(temporary, 'wx', mode);
  try {
    await writeAndClose(file, content, mode);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

async function writeAndClose(file: FileHandle, content: string, mode: number): Promise<void> {
  try {
    await file.writeFile(content);
    // The mode at creation is limited by the umask.
    await file.chmod(mode);
    await file.sync();
  } finally {
    await file.close();
  }
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
