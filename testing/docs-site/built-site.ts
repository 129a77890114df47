import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { repositoryFolder } from '../fixtures/server.ts';

export interface BuiltSite {
  folder: string;
  /** Pages by their path, such as `concepts/jobs.html`. */
  pages: ReadonlyMap<string, string>;
  /** Paths of all files. */
  files: ReadonlySet<string>;
  remove(): Promise<void>;
}

/** Builds the documentation into a new folder, like `npm run build:docs`. */
export async function buildSite(): Promise<BuiltSite> {
  const folder = await mkdtemp(join(tmpdir(), 'pumphouse-docs-'));
  const program = join(repositoryFolder, 'apps/docs/src/build.ts');
  await promisify(execFile)(process.execPath, [program, '--out', folder], { maxBuffer: 16 * 1024 * 1024 });
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = new Set(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name))),
  );
  const pages = new Map<string, string>();
  for (const path of files) {
    if (path.endsWith('.html')) pages.set(path, await readFile(join(folder, path), 'utf8'));
  }
  return { folder, pages, files, remove: () => rm(folder, { recursive: true, force: true }) };
}

/**
 * Lists links of the site to pages, files and anchors that it does not have.
 * @param base the path of the site, with a slash at both ends
 */
export function findBrokenLinks({ pages, files }: BuiltSite, base: string): string[] {
  const anchors = new Map([...pages].map(([path, text]) => [path, listAnchors(text)]));
  return [...pages].flatMap(([path, text]) =>
    listTargets(text).flatMap((target) => {
      const url = new URL(target, `http://site.invalid${base}${path}`);
      if (url.host !== 'site.invalid') return [];
      const from = `${path} -> ${target}`;
      if (!url.pathname.startsWith(base)) return [from];
      const file = decodeURIComponent(url.pathname.slice(base.length)) || 'index.html';
      if (!files.has(file)) return [from];
      const anchor = decodeURIComponent(url.hash.slice(1));
      return anchor === '' || anchors.get(file)?.has(anchor) ? [] : [from];
    }),
  );
}

function listTargets(html: string): string[] {
  const targets = [...html.matchAll(/\s(?:href|src)="([^"]+)"/g)].map(([, target = '']) => target);
  return [...new Set(targets)].map((target) => target.replaceAll('&amp;', '&'));
}

function listAnchors(html: string): Set<string> {
  return new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id = '']) => id));
}
