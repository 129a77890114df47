import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { repositoryFolder } from '../fixtures/server.ts';

const sourceFolders = ['apps', 'packages', 'testing', 'deploy', 'scripts'];
const skippedFolders = new Set(['node_modules', 'dist', 'reference']);
const maxFileLines = 400;

/** Layers of the server from the bottom up. An import from a lower layer to a higher one goes backward. */
const layers = [
  'domain',
  'platform',
  'telemetry',
  'archives',
  'blobs',
  'store',
  'mail',
  'outbound',
  'traces',
  'openlineage',
  'metrics',
  'executors',
  'services',
  'config',
  'http',
  'listeners',
  'pages',
  'console',
  'api',
  'mcp',
  'older-client',
  'proxy',
  'scheduler',
  'supervisor',
  'compose',
  'worker',
] as const;

interface SourceFile {
  /** Relative to the repository. */
  path: string;
  text: string;
  imports: string[];
}

export interface HouseFigures {
  fileCount: number;
  /** The folders with the most files, not counting subfolders. */
  maxFolders: { folder: string; fileCount: number }[];
  /** Imports between top-level folders of the server, one per pair of files. */
  arrowCount: number;
  backwardArrows: string[];
  longFiles: { path: string; lineCount: number }[];
  /** `as X`, except `as const` and renamed imports. */
  castCount: number;
  jobDefinitionCastCount: number;
}

/**
 * Measures how easy it is to find and read code.
 * @param root the repository
 */
export function measureHouse(root: string): HouseFigures {
  const files = sourceFolders.flatMap((folder) => readSources(root, join(root, folder)));
  const product = files.filter(({ path }) => !isTest(path));
  const arrows = listArrows(files.filter(({ path }) => path.startsWith('apps/server/src/') && !isTest(path)));
  const countMatches = (pattern: RegExp) =>
    product.reduce((sum, { text }) => sum + (text.match(pattern)?.length ?? 0), 0);
  return {
    fileCount: files.length,
    maxFolders: countByFolder(files).slice(0, 8),
    arrowCount: arrows.length,
    backwardArrows: arrows
      .filter(({ from, to }) => layers.indexOf(from) < layers.indexOf(to))
      .map(({ file, target }) => `${file} -> ${target}`),
    longFiles: files
      .map(({ path, text }) => ({ path, lineCount: text.split('\n').length - 1 }))
      .filter(({ lineCount }) => lineCount > maxFileLines)
      .toSorted((a, b) => b.lineCount - a.lineCount),
    castCount: countMatches(/(?<=[\w)\]}] )as (?!const\b)(?=[A-Za-z{[(])/gu),
    jobDefinitionCastCount: countMatches(/ as JobDefinition\b/gu),
  };
}

const isTest = (path: string) =>
  /\.test\.tsx?$/u.test(path) || path.includes('/testing/') || path.startsWith('testing/');

function readSources(root: string, folder: string): SourceFile[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return skippedFolders.has(entry.name) ? [] : readSources(root, path);
    if (!/\.(ts|tsx|mjs)$/u.test(entry.name)) return [];
    const text = readFileSync(path, 'utf8');
    const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*'(?<path>\.[^']+)'/gu)]
      .map((match) => normalize(join(dirname(path), match.groups?.['path'] ?? '')))
      .filter((target) => statSync(target, { throwIfNoEntry: false })?.isFile())
      .map((target) => relative(root, target));
    return [{ path: relative(root, path), text, imports }];
  });
}

function countByFolder(files: readonly SourceFile[]) {
  const counts = new Map<string, number>();
  for (const { path } of files) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
  return [...counts]
    .map(([folder, fileCount]) => ({ folder, fileCount }))
    .toSorted((a, b) => b.fileCount - a.fileCount);
}

type Layer = (typeof layers)[number];

function listArrows(files: readonly SourceFile[]) {
  return files.flatMap(({ path, imports }) => {
    const from = findLayer(path);
    if (!from) return [];
    return imports.flatMap((target) => {
      const to = findLayer(target);
      return to && to !== from ? [{ file: path, target, from, to }] : [];
    });
  });
}

function findLayer(path: string): Layer | undefined {
  const folder = path.match(/^apps\/server\/src\/(?<folder>[\w-]+)\//u)?.groups?.['folder'];
  return layers.find((layer) => layer === folder);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const root = process.argv[2] ?? repositoryFolder;
  process.stdout.write(`${JSON.stringify(measureHouse(root), null, 2)}\n`);
}
