import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { html } from '../pages/html.ts';
import { isErrorCode } from '../platform/error-code.ts';
import { locateFile } from '../platform/program-files.ts';

/** Placeholder that the build puts in place of each nonce (`html.cspNonce` in apps/web/vite.config.ts). */
const nonceMark = '{{nonce}}';
/** Placeholder of the position in the changes of all workspaces. */
const positionMark = '{{live-position}}';
const baseMark = '<base href="/" />';

/** The built console. */
export interface ConsoleFiles {
  /** Files with a hash in their name, and their compressed variants. */
  assetsFolder: string;
  /** The page served at all URLs of the console. */
  render(page: { basePath: string; nonce: string; livePosition: string | null }): string;
}

/** Where `npm run setup` puts the console. */
export const builtConsoleFolder = locateFile('apps/web/dist/');

/** @returns null if the console was not built */
export function openConsoleFiles(folder: string): ConsoleFiles | null {
  const template = readIfThere(join(folder, 'index.html'));
  if (template === null) return null;
  return {
    assetsFolder: join(folder, 'assets'),
    render: ({ basePath, nonce, livePosition }) =>
      template
        .replaceAll(nonceMark, nonce)
        .replace(positionMark, livePosition ?? '')
        .replace(baseMark, () => html`<base href="${basePath}" />`.text),
  };
}

/** @returns null if there is no such file */
export function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return null;
    throw error;
  }
}
