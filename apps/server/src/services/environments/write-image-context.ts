import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { BlobStore } from '../../blobs/blob-store.ts';
import { listArchiveKeys, type EnvironmentArchive } from '../../domain/environments/environment-archive.ts';
import type { Persistence } from '../../store/store.ts';

export interface ImageContextDependencies {
  persistence: Persistence<'environments'>;
  blobs: BlobStore;
  /** The image of runs, with `{python}` if there is one for each version. */
  runnerImage: string;
  /** The folder python/pumphouse_bootstrap. */
  bootstrapFolder: string;
}

/** A folder that `podman build` or `docker build` makes an image of. */
export interface ImageContext {
  keys: string[];
  baseImage: string;
}

const unpackProgram = 'environment_archive.py';

/**
 * Writes what an image with the environments of a workspace is built of: those that the last runs of its jobs used. They
 * are the archives that pods would fetch, so that the image needs no package index and contains exactly what runs have.
 * @param folder created
 * @throws Error if there are none, or if they need several versions of Python
 */
export async function writeImageContext(
  { persistence, blobs, runnerImage, bootstrapFolder }: ImageContextDependencies,
  { workspaceId, folder }: { workspaceId: string; folder: string },
): Promise<ImageContext> {
  const found = await persistence.store.environments.listArchivesOfWorkspace(workspaceId);
  const [first] = found;
  if (first === undefined)
    throw new Error(
      `Workspace ${workspaceId} has no environments as archives. Run each of its jobs once, without PUMPHOUSE_KUBERNETES_VOLUME_CLAIM.`,
    );
  const versions = [...new Set(found.map(({ pythonVersion }) => pythonVersion))];
  if (versions.length > 1)
    throw new Error(
      `The jobs of the workspace use Python ${versions.join(' and ')}, and an image has one. Pods fetch their environments instead.`,
    );
  await mkdir(folder, { recursive: true });
  for (const { key, archive } of found) await writeArchive(blobs, archive, join(folder, `${key}.tar.gz`));
  await copyFile(join(bootstrapFolder, unpackProgram), join(folder, unpackProgram));
  const listed = found.map(({ key, archive }) => ({
    key,
    unpacked_bytes: archive.unpackedBytes,
    sha256: archive.sha256,
  }));
  await writeFile(join(folder, 'environments.json'), JSON.stringify(listed));
  const baseImage = runnerImage.replaceAll('{python}', first.pythonVersion);
  await writeFile(join(folder, 'Containerfile'), describeImage(baseImage, workspaceId));
  return { keys: found.map(({ key }) => key), baseImage };
}

/** @throws Error if the archive is not the one that was recorded */
async function writeArchive(blobs: BlobStore, archive: EnvironmentArchive, path: string): Promise<void> {
  async function* read() {
    for (const key of listArchiveKeys(archive)) yield* await blobs.openRead(key);
  }
  await pipeline(read(), createWriteStream(path));
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  if (hash.digest('hex') !== archive.sha256)
    throw new Error(`The archive of environment ${archive.id} is damaged. Run its jobs again.`);
}

/** What a build has packed is unpacked as for a run, and never by the engine. */
function describeImage(baseImage: string, workspaceId: string): string {
  return [
    `FROM ${baseImage}`,
    `LABEL pumphouse.workspace="${workspaceId}"`,
    'USER 0:0',
    `RUN --mount=type=bind,source=.,target=/context python3 -I -S /context/${unpackProgram} /context /opt/pumphouse/environments`,
    'USER 60906:60906',
    '',
  ].join('\n');
}
