import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Candidate } from './find-candidates.ts';

/** A user presses Tab several times while typing one command. */
const maxAgeMs = 30_000;

/** Returns names that were read a short time ago, or reads and keeps them. A cache that fails is no error. */
export async function readThroughCache(
  env: NodeJS.ProcessEnv,
  key: readonly (string | undefined)[],
  read: () => Promise<Candidate[]>,
): Promise<Candidate[]> {
  const folder = join(
    env['XDG_CACHE_HOME'] || join(env['HOME'] ?? homedir(), '.cache'),
    'pumphouse',
    'completion',
  );
  const path = join(folder, createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 32));
  const kept = await readKept(path);
  if (kept) return kept;
  const names = await read();
  // The first job or workspace should appear at once.
  if (names.length > 0) await keep(folder, path, names).catch(() => undefined);
  return names;
}

async function readKept(path: string): Promise<Candidate[] | null> {
  try {
    const { mtimeMs } = await stat(path);
    const ageMs = Date.now() - mtimeMs;
    if (ageMs < 0 || ageMs > maxAgeMs) return null;
    const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
    return lines.map((line) => {
      const [value = '', description = ''] = line.split('\t');
      return { value, description };
    });
  } catch {
    return null;
  }
}

/** The file appears whole: two shells may complete at once. */
async function keep(folder: string, path: string, names: readonly Candidate[]): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, formatCandidates(names), { mode: 0o600 });
  await rename(temporary, path);
}

/** A candidate a line: its value, a tab, its description. */
export function formatCandidates(candidates: readonly Candidate[]): string {
  return candidates.map(({ value, description }) => `${value}\t${description}\n`).join('');
}
