import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryFolder } from '../../fixtures/server.ts';

/** A file of the build, as its manifest lists it. */
interface Chunk {
  file: string;
  isEntry?: boolean;
  /** Keys of the chunks that a browser loads before it runs this one. */
  imports?: string[];
  dynamicImports?: string[];
}

/** Bytes of script, compressed as the server sends them, that a page needs before it renders. Charts are loaded later. */
const maxBytes = 250_000;
/** A browser fetches six files at a time. */
const maxFiles = 24;

const build = join(repositoryFolder, 'apps/web/dist');
const manifest = JSON.parse(await readFile(join(build, '.vite/manifest.json'), 'utf8')) as Record<
  string,
  Chunk
>;
const [entryKey = '', entry] = Object.entries(manifest).find(([, chunk]) => chunk.isEntry) ?? [];
const pages = (entry?.dynamicImports ?? []).filter((key) =>
  /^src\/pages\/.*-(?:page|layout)\.tsx$/.test(key),
);

function addWithImports(key: string, files: Set<string>): void {
  const chunk = manifest[key];
  if (chunk === undefined) throw new Error(`The manifest has no ${key}`);
  if (files.has(chunk.file)) return;
  files.add(chunk.file);
  for (const imported of chunk.imports ?? []) addWithImports(imported, files);
}

describe('a page of the console', () => {
  it('is each of the routes', () => {
    // All pages, and not an empty list because of a manifest of another form.
    expect(pages.length).toBeGreaterThan(35);
  });

  it.each(pages)('%s needs little script', async (page) => {
    const files = new Set<string>();
    addWithImports(entryKey, files);
    addWithImports(page, files);
    const sizes = await Promise.all([...files].map((file) => stat(join(build, `${file}.br`))));
    expect(sizes.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(maxBytes);
    expect(files.size).toBeLessThanOrEqual(maxFiles);
    expect([...files].filter((file) => /trend-canvas|-worker-/.test(file))).toEqual([]);
  });
});
