import { copyFile, cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  contextFiles,
  contextNames,
  planImageArguments,
  recipeFile,
} from '../../apps/server/src/executors/docker/image-context.ts';
import { callEngine, watchEngine, type EngineCommand } from './engine-command.ts';
import { fetchUvWheel } from './uv-wheel.ts';

export const pythonMinors = ['3.10', '3.11', '3.12', '3.13', '3.14'];

const imagesFolder = fileURLToPath(new URL('.', import.meta.url));
const bootstrapFolder = fileURLToPath(new URL('../../python/pumphouse_bootstrap', import.meta.url));

export interface RunnerImage {
  /** "3.13" */
  python: string;
  /** Its name, with its tag. */
  name: string;
  /** The base image with that Python; null means Docker's official one. */
  base: string | null;
  /** A file of PEM certificates that replaces the base's, for companies with their own authority. */
  caBundle: string | null;
}

/** Builds a runner image with the engine. The build needs no network, except to pull a missing base. */
export async function buildRunnerImage(engine: EngineCommand, image: RunnerImage): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), 'pumphouse-image-'));
  try {
    const wheel = await fetchUvWheel(await askArchitecture(engine));
    await fillContext(context, wheel, image.caBundle);
    await watchEngine(engine, ['build', ...(await buildOptions(image, wheel)), '--tag', image.name, context]);
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}

async function fillContext(context: string, wheel: string, caBundle: string | null): Promise<void> {
  await cp(bootstrapFolder, join(context, contextNames.bootstrap), {
    recursive: true,
    filter: (path) => basename(path) !== '__pycache__',
  });
  await copyFile(wheel, join(context, basename(wheel)));
  for (const name of contextFiles) await copyFile(join(imagesFolder, name), join(context, name));
  if (caBundle !== null) await copyFile(caBundle, join(context, contextNames.certificates));
}

async function buildOptions({ python, base, caBundle }: RunnerImage, wheel: string): Promise<string[]> {
  const values = await planImageArguments(bootstrapFolder, {
    python,
    uv: `./${basename(wheel)}`,
    base,
    certificates: caBundle === null ? 'base' : 'given',
  });
  const options = Object.entries(values).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]);
  return ['--file', join(imagesFolder, recipeFile), ...options];
}

/** Architecture of the engine, which may be on another machine. */
function askArchitecture(engine: EngineCommand): Promise<string> {
  const format = engine.kind === 'podman' ? '{{.Host.Arch}}' : '{{.Architecture}}';
  return callEngine(engine, ['info', '--format', format]);
}
