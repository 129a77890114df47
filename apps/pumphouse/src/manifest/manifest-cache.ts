import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { asObject, isJsonObject } from '@pumphouse/contract';
import type { BuiltManifest } from './manifest.ts';
import { toBuiltManifest } from './run-worker.ts';

/**
 * Keeps the manifest of a module until a file of the workspace or a package of its environment changes: importing
 * dlt takes most of the time of a deploy. Code that reads the clock or variables while it is imported can differ;
 * `--fresh` builds the manifest again.
 */
export interface ManifestCache {
  read(): Promise<BuiltManifest | null>;
  write(built: BuiltManifest): Promise<void>;
}

/** Opens the cache for everything that the manifest depends on. */
export function openManifestCache(env: NodeJS.ProcessEnv, dependsOn: readonly string[]): ManifestCache {
  const key = createHash('sha256').update(dependsOn.join('\0')).digest('hex').slice(0, 32);
  const folder = join(
    env['XDG_CACHE_HOME'] || join(env['HOME'] ?? homedir(), '.cache'),
    'pumphouse',
    'manifests',
  );
  const path = join(folder, `${key}.json`);
  return {
    async read() {
      try {
        const { manifest, warnings } = asObject(JSON.parse(await readFile(path, 'utf8')));
        return isJsonObject(manifest) ? toBuiltManifest(manifest, warnings) : null;
      } catch {
        return null;
      }
    },
    async write(built) {
      // A folder that cannot be written only costs time.
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await writeFile(`${path}.${process.pid}`, JSON.stringify(built), { mode: 0o600 });
        await rename(`${path}.${process.pid}`, path);
      } catch {
        return;
      }
    },
  };
}
