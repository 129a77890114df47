import type { Config } from '../config/config.ts';
import type { Persistence } from '../store/store.ts';
import type { RotatedKind } from '../services/secret-keys/rotate-key.ts';
import { createEncryption } from '../platform/encryption.ts';
import { createFaultPoints } from '../platform/pause-at.ts';
import { createFolderBlobStore } from '../blobs/folder-blob-store.ts';
import { createRotateKey } from '../services/secret-keys/rotate-key.ts';
import { readSecretKeys } from '../config/secret-key.ts';

/** Assembles the use case of `admin rotate-key` with the keys from the command's settings. */
export async function assembleRotateKey(
  config: Config,
  persistence: Persistence,
  onProgress: (kind: RotatedKind, rotated: number) => void,
) {
  return createRotateKey({
    persistence,
    blobs: createFolderBlobStore(config.blobsDir),
    encryption: createEncryption(await readSecretKeys(config)),
    faultPoints: createFaultPoints(config.pauseAt),
    onProgress,
  });
}
