/**
 * `npm run bench -- --compare <ref>`: measures another state of the repository and this one in turn, old, new, old,
 * new, and prints the ratio of each row. A machine that gets busier meanwhile slows down both.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { repositoryFolder } from '../fixtures/server.ts';
import type { Report } from './report.ts';
import { summarize } from './samples.ts';

const run = promisify(execFile);
const TURNS = 2;
const dependencyFolders = ['node_modules', 'apps/web/node_modules', 'packages/client/node_modules'];

/** @param options arguments of `npm run bench`, for both */
export async function compareWith(ref: string, options: readonly string[]): Promise<string> {
  const other = await checkOut(ref);
  try {
    const found = { old: [] as Report[], new: [] as Report[] };
    for (let turn = 0; turn < TURNS; turn += 1) {
      found.old.push(await measureIn(other, options));
      found.new.push(await measureIn(repositoryFolder, options));
    }
    return formatComparison(ref, found);
  } finally {
    await run('git', ['worktree', 'remove', '--force', other], { cwd: repositoryFolder });
    await rm(other, { recursive: true, force: true });
  }
}

/** A checkout of that state, with the tools and packages of this one. */
async function checkOut(ref: string): Promise<string> {
  const folder = join(await mkdtemp(join(tmpdir(), 'pumphouse-compare-')), 'checkout');
  await run('git', ['worktree', 'add', '--detach', folder, ref], { cwd: repositoryFolder });
  await symlink(join(repositoryFolder, '.tools'), join(folder, '.tools'));
  for (const name of dependencyFolders) {
    const source = join(repositoryFolder, name);
    if (!(await stat(source).catch(() => null))) continue;
    // Links to the packages of the repository are relative, so in a copy they lead to the other state.
    await cp(source, join(folder, name), { recursive: true, verbatimSymlinks: true });
  }
  await run('npm', ['run', '-s', 'build'], { cwd: folder });
  return folder;
}

async function measureIn(folder: string, options: readonly string[]): Promise<Report> {
  process.stdout.write(`\n== ${folder === repositoryFolder ? 'new' : 'old'}\n`);
  const results = join(folder, 'bench-results');
  const before = new Set(await readdir(results).catch(() => []));
  const child = spawn('npm', ['run', '-s', 'bench', '--', ...options], { cwd: folder, stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  const added = (await readdir(results).catch(() => [])).filter((name) => !before.has(name));
  const [name] = added;
  if (code !== 0 || name === undefined) throw new Error(`The benchmark in ${folder} failed`);
  return JSON.parse(await readFile(join(results, name), 'utf8')) as Report;
}

/** One line for each row that both have: medians of the medians, and their ratio. */
function formatComparison(ref: string, found: Record<'old' | 'new', readonly Report[]>): string {
  const old = readMedians(found.old);
  const lines = [...readMedians(found.new)].flatMap(([name, { median, unit }]) => {
    const before = old.get(name);
    if (before === undefined) return [];
    const ratio = before.median > 0 ? (median / before.median).toFixed(2) : '-';
    const figures = [before.median, median].map((value) => `${value.toPrecision(4)} ${unit}`.padEnd(18));
    return [`  ${name.padEnd(80)}${figures.join('')}${ratio}`];
  });
  return [
    `  ${'figure'.padEnd(80)}${ref.slice(0, 16).padEnd(18)}${'this checkout'.padEnd(18)}ratio`,
    ...lines,
  ].join('\n');
}

function readMedians(reports: readonly Report[]): Map<string, { median: number; unit: string }> {
  const values = new Map<string, { medians: number[]; unit: string }>();
  for (const { sections } of reports) {
    for (const { title, rows } of sections) {
      for (const { name, unit, figure } of rows) {
        const key = `${title}: ${name.trim()}`;
        const entry = values.get(key) ?? { medians: [], unit };
        values.set(key, { unit, medians: [...entry.medians, figure.median] });
      }
    }
  }
  return new Map(
    [...values].map(([key, { medians, unit }]) => [key, { unit, median: summarize(medians).median }]),
  );
}
