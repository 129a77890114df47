import type { Inventory } from '../../executors/contract/inventory.ts';
import type { Resource } from '../../domain/retention/resource.ts';
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isErrorCode } from '../../platform/error-code.ts';

/** Folders with this prefix hold the parts of an upload while a server receives them. */
export const uploadFolderPrefix = 'upload-';

/** Adds the folders of uploads to the resources of an executor: a server that is killed leaves them. */
export function listWithUploads(executor: Inventory, uploadDir: string): Inventory {
  return {
    async listResources(options) {
      const uploads = await listUploads(uploadDir, options);
      return [...(await executor.listResources(options)), ...uploads];
    },
    async removeResource(resource) {
      const { kind, id } = resource;
      if (kind !== 'folder' || dirname(id) !== uploadDir || !isUploadFolder(basename(id)))
        return executor.removeResource(resource);
      await rm(id, { recursive: true, force: true });
    },
  };
}

const isUploadFolder = (name: string): boolean => name.startsWith(uploadFolderPrefix);

async function listUploads(uploadDir: string, options: { withSizes: boolean }): Promise<Resource[]> {
  const names = (await listNames(uploadDir)).filter(isUploadFolder);
  const described = await Promise.all(names.map((name) => describe(join(uploadDir, name), options)));
  return described.filter((one) => one !== null);
}

/** @returns null if the upload has ended meanwhile */
async function describe(path: string, { withSizes }: { withSizes: boolean }): Promise<Resource | null> {
  const found = await stat(path).catch(() => null);
  if (found === null) return null;
  const { mtime: madeAt } = found;
  const sizeBytes = withSizes ? await sumFiles(path) : null;
  return { kind: 'folder', id: path, owner: { kind: 'upload', startedAt: madeAt }, madeAt, sizeBytes };
}

async function sumFiles(folder: string): Promise<number> {
  const paths = (await listNames(folder)).map((name) => join(folder, name));
  const sizes = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function listNames(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isErrorCode(error, 'ENOENT')) return [];
    throw error;
  }
}
