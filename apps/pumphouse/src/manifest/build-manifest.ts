import { existsSync } from 'node:fs';
import { isAbsolute, join, relative, sep } from 'node:path';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import type { Python } from './find-python.ts';
import { openManifestCache } from './manifest-cache.ts';
import { deploymentModule, type BuiltManifest } from './manifest.ts';
import { describePlainScript } from './plain-script.ts';
import { runManifestWorker } from './run-worker.ts';

interface ManifestInput {
  root: string;
  /** The path of a script in the workspace; null for `__deployment__.py`. */
  script: string | null;
  python: Python | null;
  /** The hash of the workspace's code. */
  contentHash: string;
  env: NodeJS.ProcessEnv;
  /** Whether to ignore a manifest that was built before. */
  isFresh: boolean;
  /** Builds the manifest on the server, where there is no Python with dlt here. */
  buildOnServer(module: string, usesAll: boolean): Promise<BuiltManifest>;
}

/**
 * Builds the manifest of the workspace or of one of its scripts: a plain script needs no Python, everything else is
 * imported by dlt, here or on the server.
 */
export async function buildManifest(input: ManifestInput): Promise<BuiltManifest> {
  const { root, script, python, contentHash, env, isFresh } = input;
  if (script !== null) {
    const job = await describePlainScript(root, script);
    const module = toModule(script);
    if (job) return { manifest: { engine_version: 2, deployment_module: module, jobs: [job] }, warnings: [] };
  }
  const module = script === null ? deploymentModule : toModule(script);
  const usesAll = script === null;
  const dependsOn = [root, module, contentHash, python?.fingerprint ?? 'server'];
  const cache = openManifestCache(env, dependsOn);
  const cached = isFresh ? null : await cache.read();
  if (cached) return cached;
  const local = python && (await runManifestWorker({ root, python, module, usesAll, env }));
  const built = local ?? (await input.buildOnServer(module, usesAll));
  await cache.write(built);
  return built;
}

function toModule(script: string): string {
  return script.replace(/\.py$/, '').replaceAll('/', '.');
}

/**
 * Returns the path of a script relative to the workspace, with slashes.
 * @throws CommandError script_not_found, script_outside_workspace
 */
export function locateScript(root: string, currentFolder: string, name: string): string {
  const path = isAbsolute(name) ? name : join(currentFolder, name);
  const inRoot = relative(root, existsSync(path) ? path : join(root, name));
  if (inRoot.startsWith('..') || isAbsolute(inRoot)) {
    throw new CommandError(`${name} is not in the workspace folder ${root}.`, {
      code: 'script_outside_workspace',
      exitCode: exitCodes.usage,
      nextStep: 'Move the script into the workspace folder.',
    });
  }
  if (existsSync(join(root, inRoot))) return inRoot.split(sep).join('/');
  throw new CommandError(`There is no script ${name} in the workspace folder ${root}.`, {
    code: 'script_not_found',
    exitCode: exitCodes.notFound,
    nextStep: 'Check the path; pumphouse job list shows the jobs that are deployed.',
  });
}
