/** Resolved requirements that later builds take over: the same requirements are resolved once. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { EnvironmentSpec } from '../executor.ts';
import { arePinned } from '../pylock.ts';
import { writeFileAtomically } from './attempt-folder.ts';
import { locatePackageStore } from './package-store.ts';

/** How long requirements that leave versions open keep the versions that were found for them. */
const openHours = 24;
const keptDays = 30;
const hourMs = 3_600_000;

const resolutionSchema = z.object({
  resolvedAt: z.number(),
  /** PEP 751. */
  lock: z.string(),
});

/** `shared`: found without any package's code and without anything of a workspace. */
export type ResolutionScope = 'shared' | 'workspace';

/**
 * Whether a resolution may be good for every workspace: nothing of the workspace has a say in it, and pinned versions cannot be others
 * when wheels alone are looked at, so that no package's code runs.
 */
export function canBeShared({ requirements, variables }: EnvironmentSpec): boolean {
  return arePinned(requirements) && Object.keys(variables).length === 0;
}

export type Resolutions = ReturnType<typeof openResolutions>;

/** The resolutions of a data folder, for one interpreter. */
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
    /** Null where there is none that still counts. */
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
      await writeFileAtomically(locate(spec, scope), JSON.stringify({ resolvedAt: now, lock }), 0o600);
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
