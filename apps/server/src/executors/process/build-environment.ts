import type { EnvironmentBuilderOptions } from './build-options.ts';
/** Builds Python environments with uv, isolated like runs: a source distribution runs untrusted code. */
import { randomUUID } from 'node:crypto';
import { readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { EnvironmentBuildError } from '../contract/environment-builder.ts';
import type {
  EnvironmentLine,
  EnvironmentLocation,
  EnvironmentSpec,
} from '../contract/environment-builder.ts';
import { EXECUTOR_NAME } from './attempt-location.ts';
import { writeWholeFile } from '../../platform/write-whole-file.ts';
import { buildJoinCommand } from './control-group-plan.ts';
import { createGroup, removeGroup } from './control-groups.ts';
import { isEnvironmentPath, locateEnvironment, locateEnvironments } from './environment-paths.ts';
import { prepareBuildContext } from './build-context.ts';
import { runStep, type Build } from './build-steps.ts';
import { compileJobs, writeRest } from './bytecode.ts';
import type { FaultPoints } from '../../platform/fault-points.ts';
import { createTextMask } from '../../domain/variables/mask-text.ts';
import { findPythonInterpreter, type PythonInterpreter } from './python-interpreter.ts';
import { installPackages, type InstalledPackages } from './install-packages.ts';
import { openPackageStore, PackageStoreError } from './package-store.ts';
import { planVenvCommand } from '../environment-steps.ts';
import { checkRequirements } from '../requirements.ts';
import { isSafeName } from '../safe-name.ts';

/** `.complete`, beside the environment and out of reach of the packages installed into it. */
const markerSchema = z.object({
  key: z.string(),
  python: z.object({ executable: z.string(), prefix: z.string(), version: z.string() }),
});
export type EnvironmentMarker = z.infer<typeof markerSchema>;

/** How often a build starts over after the store has lost a file. */
const maxAttempts = 3;

/**
 * Builds an environment in a new location, and returns the location.
 * @throws EnvironmentBuildError, and Error for requirements that the caller should never have passed
 */
export async function buildEnvironment(
  options: EnvironmentBuilderOptions,
  spec: EnvironmentSpec,
  onLine: (line: EnvironmentLine) => void,
  signal?: AbortSignal,
): Promise<EnvironmentLocation> {
  checkRequirements(spec.requirements);
  for (const name of [spec.key, spec.organizationId, spec.workspaceId]) {
    if (!isSafeName(name)) throw new Error(`"${name}" must be usable as the name of a folder.`);
  }
  const interpreter = await findPythonInterpreter(options, {
    version: spec.pythonVersion,
    downloads: options.pythonDownloads,
    onLine,
    signal,
  });
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await buildOnce(options, spec, interpreter, onLine, signal);
    } catch (error) {
      const isStoreIncomplete = error instanceof PackageStoreError && error.problem === 'missing';
      if (isStoreIncomplete && attempt < maxAttempts) continue;
      throw asBuildError(error);
    }
  }
}

async function buildOnce(
  options: EnvironmentBuilderOptions,
  spec: EnvironmentSpec,
  interpreter: PythonInterpreter,
  onLine: (line: EnvironmentLine) => void,
  signal?: AbortSignal,
): Promise<EnvironmentLocation> {
  const root = join(locateEnvironments(options.dataDir), `${spec.key}-${randomUUID().slice(0, 8)}`);
  const group = options.controlGroups.plan({ kind: 'build', build: basename(root) }, options.buildLimits);
  try {
    await createGroup(group);
    const context = await prepareBuildContext(options, spec, interpreter, root);
    const mask = createTextMask(spec.maskedValues);
    const build: Build = { options, spec, interpreter, context, group, mask, onLine, signal };
    await runStep(build, {
      kind: 'prepare',
      command: planVenvCommand(context.inside.uv, context.inside.environment, interpreter.executable),
      failure: 'builder_failed',
    });
    const installed = await installPackages(build);
    await assemble(build, installed);
    await options.faultPoints.reach('before-environment-complete');
    const marker: EnvironmentMarker = { key: spec.key, python: interpreter };
    const location = { executor: EXECUTOR_NAME, path: locateEnvironment(root) };
    await writeWholeFile(locateMarker(location.path), JSON.stringify(marker), 0o644);
    return location;
  } catch (error) {
    await rm(root, { recursive: true, force: true });
    throw error;
  } finally {
    // A group that cannot be removed now is found by its name later; the build result does not depend on it.
    await removeGroup(group.folders).catch(() => undefined);
  }
}

/**
 * Assembles the environment from the store's files and the steps' output, then removes every folder that the
 * steps could write.
 */
async function assemble(build: Build, { packages, built }: InstalledPackages): Promise<void> {
  const { options, spec, interpreter, context, group, signal, onLine } = build;
  const { root, outside } = context;
  const base = join(root, 'base');
  await rename(outside.environment, base);
  await options.faultPoints.reach('in-environment-assembly');
  const store = openPackageStore({ ...options, pythonPath: interpreter.executable });
  const assembled = await store.assemble({
    target: outside.environment,
    base,
    packages,
    built,
    hooks: join(options.bootstrapDir, 'environment_hooks'),
    sitePackages: `lib/python${interpreter.version.split('.').slice(0, 2).join('.')}/site-packages`,
    owner: context.owner,
    links: options.isolation.kind === 'sandbox',
  });
  const begun = performance.now();
  const prefix = buildJoinCommand(group.joinFiles);
  const compiled = await compileJobs(
    options,
    { root, interpreter, uid: spec.uid, prefix, signal },
    assembled.start,
  );
  // A single module is just the hooks, which are not worth a log line.
  if (compiled > 1) {
    const text = `Compiled ${compiled} modules in ${formatSeconds(begun)} s; the others are compiled in the background`;
    onLine({ stream: 'stdout', text });
  }
  if (assembled.rest.length > 0) await writeRest(root, spec.uid, assembled.rest);
  const buildFolders = [base, outside.plan, outside.clean, outside.source, join(root, 'compile')];
  for (const path of buildFolders) await rm(path, { recursive: true, force: true });
}

function asBuildError(error: unknown): EnvironmentBuildError {
  if (error instanceof EnvironmentBuildError) return error;
  const isHostile = error instanceof PackageStoreError && error.problem === 'hostile';
  if (isHostile) {
    return new EnvironmentBuildError(
      'requirements_failed',
      `The packages cannot be installed: ${error.message}.`,
      { cause: error },
    );
  }
  return new EnvironmentBuildError('builder_failed', `The environment could not be built: ${String(error)}`, {
    cause: error,
  });
}

/** Metadata of a complete environment; null if there is none at this location. */
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

/**
 * Removes an environment. The marker goes first, so that a partly removed environment never looks complete.
 */
export async function removeEnvironment(
  dataDir: string,
  location: EnvironmentLocation,
  faultPoints: FaultPoints,
): Promise<void> {
  if (!isEnvironmentPath(dataDir, location)) return;
  await rm(locateMarker(location.path), { force: true });
  await faultPoints.reach('in-environment-removal');
  // Retry, because another server may be compiling its modules.
  await rm(dirname(location.path), { recursive: true, force: true, maxRetries: 5 });
}

function locateMarker(environmentPath: string): string {
  return join(dirname(environmentPath), '.complete');
}

function formatSeconds(begun: number): string {
  return ((performance.now() - begun) / 1000).toFixed(1);
}
