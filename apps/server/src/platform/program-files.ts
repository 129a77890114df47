import { fileURLToPath } from 'node:url';

/** In a package (scripts/server-package), rolldown has bundled all modules as JavaScript into one folder of its root. */
const isBundled = !import.meta.url.endsWith('.ts');
const root = new URL(isBundled ? '../' : '../../../../', import.meta.url);

/**
 * Returns the absolute path of a file or folder that belongs to the program but is no module.
 * @param path relative to the root of the repository; a package has these files at the same paths
 */
export function locateFile(path: string): string {
  return fileURLToPath(new URL(path, root));
}

/** The module of a thread that checks archives: a bundle has it under another name. */
export const archiveWorkerModule = new URL(
  isBundled
    ? 'program/archive-worker.mjs'
    : 'apps/server/src/services/versions/archive-checks/archive-worker.ts',
  root,
);

/** What `require` finds the parser of settings files by: a bundle has it under another name. */
export const settingsParserModule = isBundled
  ? locateFile('program/settings-parser.mjs')
  : 'toml-eslint-parser';
