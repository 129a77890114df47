/** What a runner image is built from, whoever builds it: `npm run images` or a server. */
import { readFile } from 'node:fs/promises';
import { fingerprintBootstrap } from './bootstrap-fingerprint.ts';

export const recipeFile = 'Containerfile';
/** Files of the context that are in deploy/images. */
export const contextFiles = [recipeFile, 'finish-image.py'];
/** What else is in the context: the bootstrap, the program uv (or its wheel, or neither), and certificates that take the place of the base's. */
export const contextNames = {
  bootstrap: 'pumphouse_bootstrap',
  uv: 'uv',
  certificates: 'ca-certificates.crt',
} as const;

export interface ImageArguments {
  /** "3.13" */
  python: string;
  /** What pip installs: a path in the context, or `uv==VERSION` from the package index. Null where the program is in the context. */
  uv: string | null;
  /** The image with that Python to start from; null: Docker's official one. */
  base: string | null;
  certificates: 'base' | 'given';
}

/** The arguments of the recipe, by name. */
export async function planImageArguments(
  bootstrapFolder: string,
  { python, uv, base, certificates }: ImageArguments,
): Promise<Record<string, string>> {
  return {
    PYTHON: python,
    BOOTSTRAP: await fingerprintBootstrap(bootstrapFolder),
    CERTIFICATES: certificates,
    ...(uv === null ? {} : { UV: uv }),
    ...(base === null ? {} : { BASE: base }),
  };
}

/** The version of uv that images get. @param toolsFile scripts/python-tools.json */
export async function readUvVersion(toolsFile: string): Promise<string> {
  return (JSON.parse(await readFile(toolsFile, 'utf8')) as { uv: string }).uv;
}
