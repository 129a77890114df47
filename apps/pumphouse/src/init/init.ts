import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import type { GlobalOptions } from '../session/session.ts';
import { openTerminal } from '../terminal/terminal.ts';
import { buildStarterFiles } from './starter-files.ts';
import { formatJson } from '../terminal/plain-text.ts';

export interface InitOptions extends GlobalOptions {
  destination: string;
}

/** Creates a workspace folder. Files that exist stay as they are. */
export async function init(
  owner: NodeJS.Process,
  folder: string | undefined,
  options: InitOptions,
): Promise<void> {
  const terminal = openTerminal(owner, { isQuiet: options.quiet ?? false });
  const root = resolve(terminal.folder, folder ?? '.');
  const files = buildStarterFiles({ name: basename(root), destination: options.destination });
  const created: string[] = [];
  for (const { path, content, mode } of files) {
    if (await createFile(join(root, path), content, mode)) created.push(path);
  }
  if (options.json) {
    terminal.print(formatJson({ folder: root, created }, 2));
    return;
  }
  const kept = files.length - created.length;
  terminal.print(
    [...created.map((path) => `  + ${path}`), ...(kept > 0 ? [`    ${kept} files exist and stay`] : [])].join(
      '\n',
    ),
  );
  const change = root === terminal.folder ? '' : `  cd ${relative(terminal.folder, root)}\n`;
  terminal.note(
    `\nNext:\n${change}  pumphouse login --server https://pumphouse.example.com\n` +
      `  pumphouse workspace create ${basename(root)}\n  pumphouse launch pipeline.py -f`,
  );
}

/**
 * Creates a file if there is none.
 * @returns whether it was created
 * @throws CommandError folder_not_writable
 */
async function createFile(path: string, content: string, mode: number): Promise<boolean> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content, { flag: 'wx', mode });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw new CommandError(
      `${path} cannot be written (${error instanceof Error ? error.message : String(error)}).`,
      {
        code: 'folder_not_writable',
        exitCode: exitCodes.usage,
        nextStep: 'Choose a folder in which you may write: pumphouse init FOLDER.',
      },
    );
  }
}
