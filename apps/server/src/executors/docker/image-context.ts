/** The build context of a runner image, for `npm run images` and for servers. */
import { z } from 'zod';
import { readFile } from 'node:fs/promises';
import { fingerprintBootstrap } from './bootstrap-fingerprint.ts';

export const recipeFile = 'Containerfile';
/** Files of the context that are in deploy/images. */
export const contextFiles = [recipeFile, 'finish-image.py'];
/**
 * The rest of the context: the bootstrap, the program uv (or its wheel, or neither), and certificates that
 * replace the base's.
 */
export const contextNames = {
  bootstrap: 'pumphouse_bootstrap',
  uv: 'uv',
  certificates: 'ca-certificates.crt',
} as const;

export interface ImageArguments {
  /** "3.13" */
  python: string;
  /**
   * The requirement for pip: a path in the context, or `uv==VERSION` from the package index. Null if the
   * program is in the context.
   */
  uv: string | null;
  /** The base image; null means Docker's official one for that Python. */
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

/**
 * Reads the version of uv for images.
 * @param toolsFile scripts/python-tools.json
 */
export async function readUvVersion(toolsFile: string): Promise<string> {
  return z.object({ uv: z.string() }).parse(JSON.parse(await readFile(toolsFile, 'utf8'))).uv;
}
