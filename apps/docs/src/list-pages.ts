import type { Page } from './sidebar.ts';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { titleOf } from './site-paths.ts';

/** Lists the pages in a folder of staged sources. */
export function listPages(folder: string): Page[] {
  return globSync('**/*.md', { cwd: folder })
    .toSorted()
    .map((path) => ({
      path: path.replace(/\.md$/, ''),
      title: titleOf(readFileSync(join(folder, path), 'utf8'), path),
    }));
}
