/** Resolves the requirements of an environment and installs the packages missing from the store. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EnvironmentBuildError } from '../contract/environment-builder.ts';
import {
  planInstallCommand,
  planResolveCommand,
  refreshNotice,
  type LockPaths,
} from '../environment-steps.ts';
import { buildPackageKey, isComplete, joinLocks, readLock, type LockedPackage } from '../pylock.ts';
import { readRegularFile } from './attempt-folder.ts';
import { lacksVersion } from '../../domain/environments/uv-failure.ts';
import type { StepKind } from './build-context.ts';
import { runStep, type Build } from './build-steps.ts';
import { openPackageStore } from './package-store.ts';
import { canBeShared, isChosenBySettings, openResolutions } from './resolutions.ts';

/** The parts of an environment. */
export interface InstalledPackages {
  /** Packages that are in the store, or are added to it from `tree`. */
  packages: { key: string; tree: string | null }[];
  /**
   * Folder of packages that are not stored, because the build code of one could have changed the files of
   * another.
   */
  built: string | null;
}

const MAX_LOCK_BYTES = 16 * 1024 * 1024;
const PARALLEL_INSTALLS = 6;

/** @throws EnvironmentBuildError */
export async function installPackages(build: Build): Promise<InstalledPackages> {
  if (build.spec.requirements.length === 0) return { packages: [], built: null };
  const locked = await resolve(build);
  const begun = performance.now();
  const { options, interpreter, onLine } = build;
  const store = openPackageStore({ ...options, pythonPath: interpreter.executable });
  const verified = locked.filter((one) => isVerified(build, one));
  const others = locked.filter((one) => !isVerified(build, one));
  const keys = verified.map((one) => buildPackageKey(one, interpreter.version, getScope(build)));
  const found = await store.find(keys);
  const missing = verified.filter((_, number) => !found.has(keys[number] ?? ''));
  if (missing.length + others.length > 0) {
    onLine({ stream: 'stdout', text: `Downloading ${count(missing.length + others.length)}` });
  }
  const trees = await installVerified(build, missing);
  const built = await installOthers(build, others);
  const origin = found.size === 0 ? '' : ` (${found.size} from the store)`;
  onLine({ stream: 'stdout', text: `Installed ${count(locked.length)} in ${since(begun)} s${origin}` });
  onLine({ stream: 'stdout', text: `Packages: ${locked.map(describe).join(', ')}` });
  return {
    packages: verified.map((one, number) => ({ key: keys[number] ?? '', tree: trees.get(one) ?? null })),
    built,
  };
}

async function resolve(build: Build): Promise<LockedPackage[]> {
  const { options, spec, interpreter, onLine } = build;
  const resolutions = openResolutions(options.dataDir, interpreter.version);
  const isShareable = canBeShared(spec);
  const known =
    (isShareable ? await resolutions.find(spec, 'shared') : null) ??
    (await resolutions.find(spec, 'workspace'));
  if (known !== null) {
    const packages = readLock(known);
    onLine({ stream: 'stdout', text: `Resolved ${count(packages.length)} by an earlier build` });
    return packages;
  }
  const begun = performance.now();
  const shared = isShareable ? await resolvePinned(build) : null;
  const text = shared ?? (await runResolve(build, 'source'));
  const packages = parseLock(text);
  // A URL in a lock may contain its index's password.
  if (!spec.maskedValues.some((secret) => text.includes(secret))) {
    await resolutions.save(spec, shared === null ? 'workspace' : 'shared', text);
  }
  onLine({ stream: 'stdout', text: `Resolved ${count(packages.length)} in ${since(begun)} s` });
  return packages;
}

/**
 * Resolves a complete export of a lock file without running any package's code. Null if the requirements are
 * not one: unpinned versions must not be chosen from wheels alone.
 */
async function resolvePinned(build: Build): Promise<string | null> {
  const silent: Build = { ...build, onLine: () => undefined };
  const text = await runResolve(silent, 'clean').catch((error: unknown) => {
    if (build.signal?.aborted === true || !(error instanceof EnvironmentBuildError)) throw error;
    return null;
  });
  return text !== null && isComplete(build.spec.requirements, parseLock(text)) ? text : null;
}

/**
 * Returns the lock. uv keeps the answers of an index for ten minutes, in which a version may be released that the
 * requirements name. So if a version is missing, the index is asked again.
 */
async function runResolve(build: Build, kind: Exclude<StepKind, 'prepare'>): Promise<string> {
  const { inside, outside } = build.context;
  const paths = {
    ...locateTools(build),
    lock: join(inside[kind], 'pylock.toml'),
    plan: inside.plan,
    wheelsOnly: kind === 'clean',
  };
  const run = (refreshes: boolean) => {
    const command = planResolveCommand({ ...paths, refreshes }, build.spec);
    return runStep(build, { kind, command, failure: 'requirements_failed', shows: isNewsOfBuild });
  };
  try {
    await run(false);
  } catch (error) {
    if (!(error instanceof EnvironmentBuildError) || !lacksVersion(error.message)) throw error;
    build.onLine({ stream: 'stdout', text: refreshNotice });
    await run(true);
  }
  const path = join(outside[kind], 'pylock.toml');
  const bytes = await readRegularFile(path, { offset: 0, maxBytes: MAX_LOCK_BYTES });
  if (bytes === null) throw new Error('uv wrote no lock');
  return Buffer.from(bytes).toString('utf8');
}

/**
 * Installs each package into its own folder, so that a package with files of another one changes only its own
 * environments. One process downloads all of them first: separate processes would query the index for each
 * package.
 */
async function installVerified(
  build: Build,
  missing: readonly LockedPackage[],
): Promise<Map<LockedPackage, string>> {
  const { inside, outside } = build.context;
  if (missing.length === 0) return new Map();
  const together = join(inside.clean, 'together');
  const separate: string[][] = [];
  for (const [number, { lock }] of missing.entries()) {
    const path = await writeLock(build, `p${number}`, lock);
    separate.push(planInstall(build, { lock: path, prefix: join(inside.clean, `p${number}`) }));
  }
  const all = await writeLock(build, 'together', joinLocks(missing));
  const plan = {
    // Copy files: with links, one wheel could overwrite cached files of another.
    together: [...planInstall(build, { lock: all, prefix: together }), '--link-mode', 'copy'],
    folder: together,
    separate,
    parallel: PARALLEL_INSTALLS,
  };
  await writeFile(join(outside.plan, 'install.json'), JSON.stringify(plan), { mode: 0o644 });
  await runStep(build, {
    kind: 'clean',
    command: [build.interpreter.executable, '-I', '-S', inside.install, join(inside.plan, 'install.json')],
    failure: 'requirements_failed',
  });
  return new Map(missing.map((one, number) => [one, join(outside.clean, `p${number}`)]));
}

function planInstall(build: Build, paths: { lock: string; prefix: string }): string[] {
  return planInstallCommand({ ...locateTools(build), ...paths, wheelsOnly: true });
}

/** @returns the path as the steps see it */
async function writeLock({ context }: Build, name: string, lock: string): Promise<string> {
  const file = `pylock.${name}.toml`;
  await writeFile(join(context.outside.plan, file), lock, { mode: 0o644 });
  return join(context.inside.plan, file);
}

/** Installs packages that must be built, or whose hash is unknown. */
async function installOthers(build: Build, others: readonly LockedPackage[]): Promise<string | null> {
  const { inside, outside } = build.context;
  if (others.length === 0) return null;
  const paths = {
    ...locateTools(build),
    lock: await writeLock(build, 'others', joinLocks(others)),
    prefix: join(inside.source, 'built'),
    wheelsOnly: false,
  };
  await runStep(build, {
    kind: 'source',
    command: planInstallCommand(paths),
    failure: 'requirements_failed',
    shows: isNewsOfBuild,
  });
  return join(outside.source, 'built');
}

/** Building takes minutes, so log its start at once. */
function isNewsOfBuild(text: string): boolean {
  return /^\s*Building /.test(text);
}

function locateTools({ context }: Build): Omit<LockPaths, 'lock'> {
  return { uv: context.inside.uv, python: `${context.inside.environment}/bin/python` };
}

function isVerified({ spec }: Build, { verified }: LockedPackage): boolean {
  return verified !== null && !Object.keys(spec.variables).some((name) => name.startsWith('UV_NO_BINARY'));
}

/**
 * Packages resolved with a workspace's settings or indexes are kept for that workspace: its index or proxy may
 * have supplied the hashes.
 */
function getScope({ spec }: Build): string {
  return isChosenBySettings(spec) ? spec.workspaceId : '';
}

function parseLock(text: string): LockedPackage[] {
  try {
    return readLock(text);
  } catch (error) {
    throw new EnvironmentBuildError(
      'builder_failed',
      `uv wrote a lock that cannot be read: ${String(error)}`,
      {
        cause: error,
      },
    );
  }
}

function describe({ name, version }: LockedPackage): string {
  return version === null ? name : `${name}==${version}`;
}

function count(packages: number): string {
  return `${packages} ${packages === 1 ? 'package' : 'packages'}`;
}

function since(begun: number): string {
  return ((performance.now() - begun) / 1000).toFixed(1);
}
