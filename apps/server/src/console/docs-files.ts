import { join } from 'node:path';
import { locateFile } from '../platform/program-files.ts';
import { readIfThere } from './console-files.ts';

/** The built documentation. */
export interface DocsFiles {
  /** The path for which it was built, such as `/docs/`: its links contain that path. */
  base: string;
  notFoundPage: string;
}

/** Where `npm run build:docs` puts the documentation. */
export const builtDocsFolder = locateFile('apps/docs/dist/');

/** @returns null if the documentation was not built */
export function openDocsFiles(folder: string): DocsFiles | null {
  // The build writes this file last.
  const site = readIfThere(join(folder, 'site.json'));
  const notFoundPage = readIfThere(join(folder, '404.html'));
  if (site === null || notFoundPage === null) return null;
  const { base }: { base: string } = JSON.parse(site);
  return { base, notFoundPage };
}
