/** Builds Python environments with uv, in the isolation that runs get: a source distribution runs strangers' code. */
import { randomUUID } from 'node:crypto';
import { chown, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { EnvironmentBuildError } from '../executor.ts';
import type { AttemptLimits, EnvironmentLine, EnvironmentLocation, EnvironmentSpec } from '../executor.ts';
import { buildUserFiles, buildSandboxArguments, type SandboxBind } from './sandbox.ts';
import { buildJoinCommand, type GroupPlan } from './control-group-plan.ts';
import { createGroup, describeMetLimit, removeGroup, type ControlGroups } from './control-groups.ts';
import { createPassageFolder, writeFileAtomically } from './attempt-folder.ts';
import { EXECUTOR_NAME } from './attempt-place.ts';
import { buildEnterCommand } from './enter-user.ts';
import { readHostLayout } from './host-layout.ts';
import type { FaultPoints } from '../../fault-points.ts';
import { createTextMask } from '../../domain/mask-text.ts';
import { bindInterpreter, decideRunUser, type Isolation } from './isolation.ts';
import { findPythonInterpreter, type PythonInterpreter } from './python-interpreter.ts';
import { checkRequirements } from '../requirements.ts';
import { explainUvFailure } from '../../domain/uv-failure.ts';
import {
  planBuildFiles,
  planBuildSteps,
  planBuildVariables,
  type BuildPaths,
  type BuildStep,
} from '../environment-steps.ts';
import { runCommand, type CommandResult } from './run-command.ts';
import { isSafeName } from '../safe-name.ts';

export interface EnvironmentBuilderOptions {
  dataDir: string;
  bootstrapDir: string;
  uvPath: string;
  /** Folders where interpreters are looked for, as in PATH. */
  searchPath: string;
  isolation: Isolation;
  controlGroups: ControlGroups;
  buildLimits: AttemptLimits;
  faultPoints: FaultPoints;
}

/** `.complete`, beside the environment and out of the reach of what was installed into it. */
const markerSchema = z.object({
  key: z.string(),
  python: z.object({ executable: z.string(), prefix: z.string(), version: z.string() }),
});
export type EnvironmentMarker = z.infer<typeof markerSchema>;

interface Build {
  options: EnvironmentBuilderOptions;
  spec: EnvironmentSpec;
  interpreter: PythonInterpreter;
  paths: BuildPaths;
  sandbox: string[];
  group: GroupPlan;
  onLine: (line: EnvironmentLine) => void;
  signal: AbortSignal | undefined;
}

/**
 * Builds an environment at a new place and gives that place.
 * @throws EnvironmentBuildError, and Error for requirements that the caller should never have passed
 */
export async function buildEnvironment(
  options: EnvironmentBuilderOptions,
  spec: EnvironmentSpec,
  onLine: (line: EnvironmentLine) => void,
  signal?: AbortSignal,
): Promise<EnvironmentLocation> {
  checkRequirements(spec.requirements);
  if (!isSafeName(spec.key) || !isSafeName(spec.organizationId)) {
    throw new Error(`"${spec.key}" and "${spec.organizationId}" must be usable as folder names.`);
  }
  const interpreter = await findPythonInterpreter(options, spec.pythonVersion);
  const place = join(locateEnvironments(options.dataDir), `${spec.key}-${randomUUID().slice(0, 8)}`);
  const group = options.controlGroups.plan({ kind: 'build', build: basename(place) }, options.buildLimits);
  try {
    await createGroup(group);
    const build = await prepareBuild({ options, spec, interpreter, place, group, onLine, signal });
    await runSteps(build);
    await options.faultPoints.reach('before-environment-complete');
    const marker: EnvironmentMarker = { key: spec.key, python: interpreter };
    await removeBuildFiles(place);
    await writeFileAtomically(locateMarker(locateEnvironment(place)), JSON.stringify(marker), 0o644);
    return { executor: EXECUTOR_NAME, path: locateEnvironment(place) };
  } catch (error) {
    await rm(place, { recursive: true, force: true });
    if (error instanceof EnvironmentBuildError) throw error;
    throw new EnvironmentBuildError(
      'builder_failed',
      `The environment could not be built: ${String(error)}`,
      {
        cause: error,
      },
    );
  } finally {
    // One that cannot be removed now is found by its name later; the environment is what it is.
    await removeGroup(group.folders).catch(() => undefined);
  }
}

/** What is known of a complete environment; null where there is none at that place. */
export async function readEnvironmentMarker(
  dataDir: string,
  location: EnvironmentLocation,
): Promise<EnvironmentMarker | null> {
  if (!isEnvironmentPath(dataDir, location)) return null;
  try {
    return markerSchema.parse(JSON.parse(await readFile(locateMarker(location.path), 'utf8')));
  } catch {
    return null;
  }
}

/** Removes an environment. Its marker goes first, so that nothing half removed looks complete. */
export async function removeEnvironment(
  dataDir: string,
  location: EnvironmentLocation,
  faultPoints: FaultPoints,
): Promise<void> {
  if (!isEnvironmentPath(dataDir, location)) return;
  await rm(locateMarker(location.path), { force: true });
  await faultPoints.reach('in-environment-removal');
  await rm(dirname(location.path), { recursive: true, force: true });
}

export function isEnvironmentPath(dataDir: string, { executor, path }: EnvironmentLocation): boolean {
  const place = dirname(path);
  return (
    executor === EXECUTOR_NAME &&
    path === locateEnvironment(place) &&
    dirname(place) === locateEnvironments(dataDir)
  );
}

export function locateEnvironment(place: string): string {
  return join(place, 'venv');
}

export function locateEnvironments(dataDir: string): string {
  return join(dataDir, 'environments');
}

export function locateCaches(dataDir: string): string {
  return join(dataDir, 'uv-caches');
}

function locateMarker(environmentPath: string): string {
  return join(dirname(environmentPath), '.complete');
}

const BUILD_FILES = {
  requirements: 'requirements.txt',
  excludes: 'excludes.txt',
  passwd: 'passwd',
  group: 'group',
};

async function removeBuildFiles(place: string): Promise<void> {
  await Promise.all(Object.values(BUILD_FILES).map((name) => rm(join(place, name), { force: true })));
}

async function prepareBuild(input: Omit<Build, 'paths' | 'sandbox'> & { place: string }): Promise<Build> {
  const { options, spec, interpreter, place } = input;
  const user = decideRunUser(options.isolation, spec.uid);
  const cacheRoot = locateCaches(options.dataDir);
  await createPassageFolder(dirname(place));
  await createPassageFolder(cacheRoot);
  await createPassageFolder(place);
  const cache = join(cacheRoot, spec.organizationId);
  await createOwnedFolder(cache, user?.uid ?? null, 0o700);
  await createOwnedFolder(locateEnvironment(place), user?.uid ?? null, 0o755);
  const userFiles = buildUserFiles(user?.uid ?? ownUid(), user?.gid ?? ownUid());
  const files: Record<keyof typeof BUILD_FILES, string> = {
    ...userFiles,
    ...planBuildFiles(spec.requirements),
  };
  for (const name of ['requirements', 'excludes', 'passwd', 'group'] as const) {
    await writeFile(join(place, BUILD_FILES[name]), files[name], { mode: 0o644, flag: 'wx' });
  }
  const outside: BuildPaths = {
    environment: locateEnvironment(place),
    cache,
    requirements: join(place, BUILD_FILES.requirements),
    excludes: join(place, BUILD_FILES.excludes),
    uv: options.uvPath,
    hooks: join(options.bootstrapDir, 'environment_hooks'),
  };
  if (options.isolation.kind === 'none') return { ...input, paths: outside, sandbox: [] };
  return { ...input, ...enterSandbox(options.isolation, outside, place, interpreter, options.dataDir) };
}

function enterSandbox(
  isolation: Extract<Isolation, { kind: 'sandbox' }>,
  outside: BuildPaths,
  place: string,
  interpreter: PythonInterpreter,
  dataDir: string,
): Pick<Build, 'paths' | 'sandbox'> {
  // Scripts of the environment name their interpreter by its path: it is the same inside and outside.
  const inside: BuildPaths = {
    environment: outside.environment,
    cache: '/pumphouse/cache',
    requirements: '/pumphouse/requirements.txt',
    excludes: '/pumphouse/excludes.txt',
    uv: '/pumphouse/uv',
    hooks: '/pumphouse/environment_hooks',
  };
  const bind = (name: keyof BuildPaths, writable: boolean): SandboxBind => ({
    source: outside[name],
    target: inside[name],
    writable,
  });
  const binds = [
    bind('environment', true),
    bind('cache', true),
    bind('requirements', false),
    bind('excludes', false),
    bind('uv', false),
    bind('hooks', false),
    { source: join(place, BUILD_FILES.passwd), target: '/etc/passwd', writable: false },
    { source: join(place, BUILD_FILES.group), target: '/etc/group', writable: false },
    ...bindInterpreter(interpreter, dataDir),
  ];
  const sandbox = buildSandboxArguments({
    bwrapPath: isolation.bwrapPath,
    privileges: isolation.privileges,
    host: readHostLayout(),
    binds,
  });
  return { paths: inside, sandbox };
}

async function runSteps(build: Build): Promise<void> {
  const { paths, interpreter, spec } = build;
  for (const step of planBuildSteps(paths, interpreter.executable, spec.requirements))
    await runStep(build, step);
}

async function runStep(build: Build, { command, failure }: BuildStep): Promise<void> {
  const { options, spec, interpreter, sandbox, group, signal } = build;
  const user = decideRunUser(options.isolation, spec.uid);
  const enter = buildEnterCommand({
    pythonPath: interpreter.executable,
    user,
    // A sandbox ends with the server by itself; a process without one would build on for nobody.
    dieWithPid: options.isolation.kind === 'none' ? process.pid : null,
  });
  const result = await runCommand([...buildJoinCommand(group.joinFiles), ...sandbox, ...enter, ...command], {
    variables: planBuildVariables(spec, build.paths, readHostLayout().certificateBundle),
    onLine: build.onLine,
    signal,
    mask: createTextMask(spec.maskedValues),
  });
  if (signal?.aborted === true) {
    throw new EnvironmentBuildError('builder_failed', 'The build was given up.', { cause: signal.reason });
  }
  if (result.code === 0) return;
  const limit = await describeMetLimit(group, options.buildLimits);
  const words = describeFailure(result);
  throw new EnvironmentBuildError(failure, limit === null ? words : `${words} ${limit}`);
}

function describeFailure({ code, signal, stderr, stdout }: CommandResult): string {
  const words = explainUvFailure(stderr.length > 0 ? stderr : stdout);
  return words === '' ? `The build ended with ${signal ?? `exit code ${code}`} and without a word.` : words;
}

async function createOwnedFolder(path: string, uid: number | null, mode: number): Promise<void> {
  const created = await mkdir(path, { recursive: true, mode });
  if (uid === null) return;
  if (created !== undefined) await chown(path, uid, uid);
  const owner = (await stat(path)).uid;
  if (owner !== uid) throw new Error(`${path} belongs to uid ${owner}, not to ${uid}, the builder's.`);
}

function ownUid(): number {
  return process.getuid?.() ?? 0;
}
