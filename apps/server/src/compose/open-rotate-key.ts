import type { Config } from '../config/config.ts';
import type { Persistence } from '../store/store.ts';
import type { RotatedKind } from '../services/secret-keys/rotate-key.ts';
import { createEncryption } from '../platform/encryption.ts';
import { createRotateKey } from '../services/secret-keys/rotate-key.ts';
import { openFilePorts } from './server-ports.ts';
import { readSecretKeys } from '../config/secret-key.ts';

/** Opens the use case of `admin rotate-key` with the keys from the command's settings. */
export async function openRotateKey(
  config: Config,
  persistence: Persistence,
  onProgress: (kind: RotatedKind, rotated: number) => void,
) {
  const encryption = createEncryption(await readSecretKeys(config));
  return createRotateKey({
    persistence,
    encryption,
    ...openFilePorts({ current: config }, persistence),
    onProgress,
  });
}
