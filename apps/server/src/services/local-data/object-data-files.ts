import type { DataFiles } from './data-files.ts';
import type { LocalDataFile, LocalDataKey } from '../../store/records.ts';
import type { LocalDataObjects } from './local-data-objects.ts';
import type { Persistence } from '../../store/store.ts';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack, type Pack } from 'tar-stream';
import { ServiceError } from '../../platform/service-error.ts';
import { maxListedFiles } from './data-files.ts';

const zeros = Buffer.alloc(64 * 1024);

/** Files that the server keeps as objects: each version is whole, so a download waits for no run. */
export function createObjectDataFiles(
  persistence: Persistence<'localData'>,
  objects: LocalDataObjects,
): DataFiles {
  const { localData } = persistence.store;

  async function* listRegular(key: LocalDataKey): AsyncGenerator<LocalDataFile> {
    let [after, at]: [string, number | null] = ['', null];
    for (;;) {
      const { files, version, hasMore } = await objects.list(key, { isCopy: false, after, at });
      yield* files.filter(({ linkTarget }) => linkTarget === null);
      if (!hasMore) return;
      [after, at] = [files.at(-1)?.path ?? '', version];
    }
  }

  async function collect(key: LocalDataKey, path: string | null): Promise<LocalDataFile[]> {
    const found: LocalDataFile[] = [];
    for await (const file of listRegular(key)) if (path === null || belongsTo(file, path)) found.push(file);
    if (found.length > 0) return found;
    throw new ServiceError('local_data_missing', 'The local data has no such file or folder.');
  }

  async function* readContent(key: LocalDataKey, file: LocalDataFile): AsyncGenerator<Buffer> {
    let at = 0;
    for (const [offset, id, sizeBytes] of file.parts) {
      yield* fill(offset - at);
      yield* await objects.openParts(key, [id]);
      at = offset + sizeBytes;
    }
    yield* fill(file.sizeBytes - at);
  }

  async function packAll(key: LocalDataKey, files: readonly LocalDataFile[], tar: Pack): Promise<void> {
    for (const file of files) {
      const mtime = new Date(toMilliseconds(file.changedNs));
      const entry = tar.entry({ name: file.path, size: file.sizeBytes, mtime, mode: 0o600 });
      await pipeline(readContent(key, file), entry);
    }
    tar.finalize();
  }

  return {
    listProfiles: (workspaceId) => localData.listProfiles(workspaceId),

    async list({ workspaceId, profile }) {
      const key = { workspaceId, profile };
      const listed = [];
      let [fileCount, sizeBytes] = [0, 0];
      for await (const file of listRegular(key)) {
        fileCount += 1;
        sizeBytes += file.sizeBytes;
        if (listed.length >= maxListedFiles) continue;
        const changedAt = new Date(toMilliseconds(file.changedNs));
        listed.push({ path: file.path, sizeBytes: file.sizeBytes, changedAt });
      }
      return { files: listed, fileCount, sizeBytes };
    },

    async open({ workspaceId, profile }, path): Promise<Readable> {
      const key = { workspaceId, profile };
      const files = await collect(key, path);
      const tar = pack();
      packAll(key, files, tar).catch((error: unknown) => {
        tar.destroy(error instanceof Error ? error : new Error(String(error)));
      });
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- tar-stream declares less than the stream that it gives
      return tar as Readable & Pack;
    },

    exchange: ({ workspaceId, profile }, { brought }) =>
      persistence.transaction(async (store) => {
        const key = { workspaceId, profile };
        await store.localData.ensureManifest(key);
        const { version } = await store.localData.lockManifest(key);
        const { files: fileCount, bytes: sizeBytes } = await store.localData.measure(key);
        if (fileCount === 0 && brought === null)
          return { fileCount, sizeBytes, isKept: false, version: null };
        await store.localData.endAllFiles(key, version + 1);
        if (brought !== null) {
          if (brought.version === null) throw new ServiceError('local_data_missing', 'The copy is not here.');
          await store.localData.bringBackFiles(key, brought.version, version + 1);
        }
        await store.localData.setVersion(key, version + 1);
        return { fileCount, sizeBytes, isKept: fileCount > 0, version };
      }),

    // The contents go with the row of the copy.
    remove: () => Promise.resolve(),
  };
}

/** Whether a file is the path, belongs with that database, or is below that folder. */
function belongsTo(file: LocalDataFile, path: string): boolean {
  return file.path === path || file.path === `${path}.wal` || file.path.startsWith(`${path}/`);
}

/** What no part covers is zero. */
function* fill(bytes: number): Generator<Buffer> {
  for (let left = bytes; left > 0; left -= zeros.length)
    yield zeros.subarray(0, Math.min(left, zeros.length));
}

/** The first digits of a number of nanoseconds that is beyond 2^53. */
const toMilliseconds = (nanoseconds: string): number => Number(BigInt(nanoseconds) / 1_000_000n);
