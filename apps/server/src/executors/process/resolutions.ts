/** Stored resolutions of requirements, so that equal requirements are resolved once. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { EnvironmentSpec } from '../contract/environment-builder.ts';
import { arePinned } from '../pylock.ts';
import { writeWholeFile } from '../../platform/write-whole-file.ts';
import { locatePackageStore } from './package-store.ts';

/** How long unpinned requirements keep the versions they were resolved to. */
const openHours = 24;
const keptDays = 30;
const hourMs = 3_600_000;

const resolutionSchema = z.object({
  resolvedAt: z.number(),
  /** PEP 751. */
  lock: z.string(),
});

/** `shared`: resolved without running any package's code and without anything specific to a workspace. */
export type ResolutionScope = 'shared' | 'workspace';

/** Whether anything of a workspace but its requirements decides where packages come from. */
export function isChosenBySettings({ variables, packageSources }: EnvironmentSpec): boolean {
  return packageSources !== undefined || Object.keys(variables).length > 0;
}

/**
 * Whether a resolution may be shared by all workspaces: no workspace setting influences it, and all versions
 * are pinned. Pinned versions resolve the same from wheels alone, so no package's code runs.
 */
export function canBeShared(spec: EnvironmentSpec): boolean {
  return arePinned(spec.requirements) && !isChosenBySettings(spec);
}

export type Resolutions = ReturnType<typeof openResolutions>;

/** Opens the resolutions of a data folder, for one interpreter. */
export function openResolutions(dataDir: string, interpreterVersion: string) {
  const folder = join(locatePackageStore(dataDir), 'resolutions');

  function locate(spec: EnvironmentSpec, scope: ResolutionScope): string {
    const owner = scope === 'shared' ? [] : [spec.workspaceId, spec.key];
    const identity = JSON.stringify([
      owner,
      spec.requirements,
      interpreterVersion,
      process.platform,
      process.arch,
    ]);
    return join(folder, `${createHash('sha256').update(identity).digest('hex').slice(0, 32)}.json`);
  }

  return {
    /** Null if there is no resolution that is still valid. */
    async find(spec: EnvironmentSpec, scope: ResolutionScope, now = Date.now()): Promise<string | null> {
      const stored = await readFile(locate(spec, scope), 'utf8').catch(() => null);
      if (stored === null) return null;
      const resolution = resolutionSchema.safeParse(parseJson(stored)).data;
      const hours = arePinned(spec.requirements) ? keptDays * 24 : openHours;
      if (resolution === undefined || now - resolution.resolvedAt > hours * hourMs) return null;
      return resolution.lock;
    },

    async save(spec: EnvironmentSpec, scope: ResolutionScope, lock: string, now = Date.now()): Promise<void> {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await removeOld(folder, now);
      await writeWholeFile(locate(spec, scope), JSON.stringify({ resolvedAt: now, lock }), 0o600);
    },
  };
}

async function removeOld(folder: string, now: number): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => null);
    if (found !== null && now - found.mtimeMs > keptDays * 24 * hourMs) await rm(path, { force: true });
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
