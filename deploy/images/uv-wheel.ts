import { execFile } from 'node:child_process';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pythonTools from '../../scripts/python-tools.json' with { type: 'json' };

const root = fileURLToPath(new URL('../..', import.meta.url));
const cacheFolder = join(root, '.tools', 'images', 'wheels');

/** Keyed by the architecture that engines report. */
const wheelPlatforms: Record<string, string> = {
  amd64: 'manylinux2014_x86_64',
  x86_64: 'manylinux2014_x86_64',
  arm64: 'manylinux2014_aarch64',
  aarch64: 'manylinux2014_aarch64',
};

/**
 * Fetches uv as a wheel for the engine's architecture, downloaded once. This machine's pip does it outside of
 * the build, so that all of its settings apply (index, proxy, certificates, constraints) and none of its
 * credentials gets near an image.
 * @returns the wheel's path
 */
export async function fetchUvWheel(architecture: string): Promise<string> {
  const platform = wheelPlatforms[architecture];
  if (platform === undefined)
    throw new Error(`There is no uv for a container engine on ${architecture}: use one on x86_64 or arm64.`);
  const folder = join(cacheFolder, `${pythonTools.uv}-${platform}`);
  await mkdir(folder, { recursive: true });
  return (await findWheel(folder)) ?? download(folder, platform);
}

async function download(folder: string, platform: string): Promise<string> {
  const pythonModule = join(root, 'scripts', 'python-tools.mjs');
  const { findPython }: { findPython: () => string } = await import(pythonModule);
  const options = ['--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary', ':all:'];
  const what = ['--platform', platform, '--dest', folder, `uv==${pythonTools.uv}`];
  await promisify(execFile)(findPython(), ['-m', 'pip', 'download', ...options, ...what]);
  const wheel = await findWheel(folder);
  if (wheel === null) throw new Error(`pip downloaded no wheel of uv into ${folder}.`);
  return wheel;
}

async function findWheel(folder: string): Promise<string | null> {
  const name = (await readdir(folder)).find((file) => file.endsWith('.whl'));
  return name === undefined ? null : join(folder, name);
}
