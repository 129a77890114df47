import { copyFile, glob, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { copiedPages, rewriteLinks, toSitePath } from './site-paths.ts';
import { writeApiPages, writeEventsPage } from './api-pages.ts';

/**
 * Writes the site's sources into a new folder: the pages of docs/ and a few of the root with their links rewritten,
 * the generated pages of the API, and the files that pages link to.
 */
export async function stagePages(repository: string, target: string): Promise<void> {
  await rm(target, { recursive: true, force: true });
  const isFile = (path: string) => {
    const full = join(repository, path);
    return existsSync(full) && statSync(full).isFile();
  };
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(target, path)), { recursive: true });
    await writeFile(join(target, path), text);
  };
  const docs = await Array.fromAsync(glob('docs/**/*.*', { cwd: repository }));
  for (const path of [...docs, ...copiedPages]) {
    const sitePath = toSitePath(path) ?? path;
    if (path.endsWith('.md')) {
      const text = await readFile(join(repository, path), 'utf8');
      await write(sitePath, rewriteLinks(text, path, isFile));
      continue;
    }
    // Pages import pictures; other files are served as they are.
    const copy = join(target, isPicture(path) ? sitePath : join('public', sitePath));
    await mkdir(dirname(copy), { recursive: true });
    await copyFile(join(repository, path), copy);
  }
  await copyFile(join(repository, 'apps/server/src/pages/icon.svg'), join(target, 'public', 'icon.svg'));
  for (const { path, text } of [...writeApiPages(), writeEventsPage()]) await write(path, text);
}

function isPicture(path: string): boolean {
  return /\.(?:png|webp|svg)$/.test(path);
}
