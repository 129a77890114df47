import type { BlobStore } from '../../blobs/blob-store.ts';
import type { CiphertextKind, StoredArchiveKey, StoredCiphertext } from '../../store/records.ts';
import type { Encryption } from '../../platform/encryption.ts';
import type { FaultPoints } from '../../platform/fault-points.ts';
import type { Persistence, Store } from '../../store/store.ts';
import { BlobNotFoundError } from '../../blobs/blob-store.ts';
import { ciphertextColumns } from '../../store/postgres/secret-keys/ciphertexts.ts';
import { ciphertextKinds, contextOf } from './ciphertext-contexts.ts';
import { findKeyProblems, liveSeconds, requireKeys } from './server-keys.ts';
import { headerBytes, headerOf, keyIdOf } from '../../platform/ciphertext.ts';
import { buffer } from 'node:stream/consumers';
import { readBlob } from '../../blobs/read-blob.ts';
import { recordChange } from '../audit/audit.ts';

/** Kinds of ciphertexts: columns of the database, and archives of configurations in the blob store. */
export type RotatedKind = CiphertextKind | 'configurations';

export const rotatedKinds: readonly RotatedKind[] = [...ciphertextKinds, 'configurations'];

/** A ciphertext that no known key opens. It stays as it is. */
export interface UnopenedCiphertext {
  kind: RotatedKind;
  /** The row or the configuration. */
  name: string;
  /** Null for one that was written before keys had ids. */
  keyId: string | null;
}

export interface Rotation {
  keyId: string;
  rotated: Record<RotatedKind, number>;
  unopened: UnopenedCiphertext[];
  /** Keys that nothing is under any more. */
  retiredKeyIds: string[];
}

/** Servers keep the key from being replaced; nothing was changed. */
export class RotationRefusedError extends Error {
  override readonly name = 'RotationRefusedError';
  readonly code = 'key_rotation_refused';

  constructor(problems: readonly string[]) {
    super(
      `key_rotation_refused: Not all running servers are ready for the new key.\n  ${problems.join('\n  ')}\n` +
        `Then run this command again. A server that was killed counts as running for ${liveSeconds} seconds.`,
    );
  }
}

interface RotationDependencies {
  persistence: Persistence;
  blobs: BlobStore;
  encryption: Encryption;
  faultPoints: FaultPoints;
  /** Called after each batch, with how many of a kind are under the current key since the start. */
  onProgress: (kind: RotatedKind, rotated: number) => void;
}

const batch = 100;

/** One ciphertext, wherever it is stored. `replace` gives false when it was changed or removed meanwhile. */
interface Rotatable {
  name: string;
  sealed: Uint8Array;
  context: string;
  replace(next: Buffer): Promise<boolean>;
}

/**
 * Re-encrypts all ciphertexts under the current key, while servers run. Each is replaced for itself, and only if it is still the same, so
 * it may be stopped at any point and run again.
 */
export function createRotateKey(dependencies: RotationDependencies) {
  const { persistence, blobs, encryption, faultPoints, onProgress } = dependencies;
  const { store } = persistence;
  const header = headerOf(encryption.keyId);

  /** @throws RotationRefusedError */
  async function requireServersReady(within: Store): Promise<void> {
    const readable = (await within.secretKeys.listUsed()).filter((id) =>
      encryption.readableKeyIds.includes(id),
    );
    const servers = await within.servers.listLive(liveSeconds);
    const problems = findKeyProblems(servers, encryption.keyId, readable);
    if (problems.length > 0) throw new RotationRefusedError(problems);
  }

  /** With wrong keys, as from a shell without the settings of the servers, nothing is changed. */
  async function begin(forgetsLost: boolean): Promise<void> {
    await persistence.transaction(async (tx) => {
      await tx.secretKeys.lock();
      await requireServersReady(tx);
      const usedKeyIds = forgetsLost ? await tx.secretKeys.listUsed() : await requireKeys(tx, encryption);
      await tx.secretKeys.noteUsed(encryption.keyId);
      await recordChange(tx, {
        action: 'secret-key.rotate',
        target: { kind: 'secret-key', id: null, name: encryption.keyId },
        before: { keys: usedKeyIds },
        after: null,
      });
    });
  }

  /** @returns the keys that nothing is under any more, or, to forget, that nothing can open any more */
  async function retire(rotated: object, forgetsLost: boolean): Promise<string[]> {
    return persistence.transaction(async (tx) => {
      await tx.secretKeys.lock();
      await requireServersReady(tx);
      const retired = (await tx.secretKeys.listUsed()).filter(
        (id) => id !== encryption.keyId && (forgetsLost || encryption.readableKeyIds.includes(id)),
      );
      await tx.secretKeys.remove(retired);
      await recordChange(tx, {
        action: 'secret-key.finish-rotation',
        target: { kind: 'secret-key', id: null, name: encryption.keyId },
        before: null,
        after: { rotated, retired },
      });
      return retired;
    });
  }

  async function* listColumn(kind: CiphertextKind): AsyncIterable<Rotatable[]> {
    let after: string[] | null = null;
    for (;;) {
      const rows: StoredCiphertext[] = await store.ciphertexts.listWithout(kind, header, after, batch);
      yield rows.map((row) => ({
        name: describeRow(kind, row),
        sealed: row.sealed,
        context: contextOf(kind, row.owner),
        replace: (next) => store.ciphertexts.replace(kind, row, next),
      }));
      if (rows.length < batch) return;
      after = rows.at(-1)?.key ?? null;
    }
  }

  async function* listArchives(): AsyncIterable<Rotatable[]> {
    let after: string | null = null;
    for (;;) {
      const rows: StoredArchiveKey[] = await store.ciphertexts.listArchives(after, batch);
      // One at a time: archives are large.
      for (const row of rows) {
        const archive = await findOlderArchive(row);
        yield archive ? [archive] : [];
      }
      if (rows.length < batch) return;
      after = rows.at(-1)?.id ?? null;
    }
  }

  /** An archive that is not under the current key; null for others, and for one that was removed. */
  async function findOlderArchive({ id, archiveKey }: StoredArchiveKey): Promise<Rotatable | null> {
    try {
      const start = await buffer(await blobs.openRead(archiveKey, { start: 0, end: headerBytes }));
      if (start.equals(header)) return null;
      return {
        name: `configuration ${id}`,
        sealed: await readBlob(blobs, archiveKey),
        context: id,
        async replace(next) {
          // Servers read the archive of before or the new one, whole: a blob is put in place of another at once.
          await blobs.put(archiveKey, next);
          if (await store.ciphertexts.isArchiveStored(id)) return true;
          // Retention removed the archive meanwhile.
          await blobs.delete(archiveKey);
          return false;
        },
      };
    } catch (error) {
      if (error instanceof BlobNotFoundError) return null;
      throw error;
    }
  }

  /** @returns whether it is under the current key now; 'unopened' when no known key opens it */
  async function rotate(ciphertext: Rotatable): Promise<boolean | 'unopened'> {
    let plain: Buffer;
    try {
      plain = encryption.decrypt(ciphertext.sealed, ciphertext.context);
    } catch {
      return 'unopened';
    }
    await faultPoints.reach('in-key-rotation');
    return ciphertext.replace(encryption.encrypt(plain, ciphertext.context));
  }

  /** Goes through all ciphertexts of a kind once. */
  async function rotateKind(kind: RotatedKind, onRotated: () => void): Promise<UnopenedCiphertext[]> {
    const unopened: UnopenedCiphertext[] = [];
    const batches = kind === 'configurations' ? listArchives() : listColumn(kind);
    for await (const ciphertexts of batches) {
      for (const ciphertext of ciphertexts) {
        const outcome = await rotate(ciphertext);
        if (outcome === true) onRotated();
        if (outcome === 'unopened')
          unopened.push({ kind, name: ciphertext.name, keyId: keyIdOf(ciphertext.sealed) });
      }
    }
    return unopened;
  }

  /** Goes through all ciphertexts until nothing was found to re-encrypt: a server may have written one meanwhile. */
  async function rotateAll(rotated: Rotation['rotated']): Promise<UnopenedCiphertext[]> {
    for (;;) {
      let isChanged = false;
      const unopened: UnopenedCiphertext[] = [];
      for (const kind of rotatedKinds) {
        unopened.push(
          ...(await rotateKind(kind, () => {
            isChanged = true;
            rotated[kind] += 1;
            if (rotated[kind] % batch === 0) onProgress(kind, rotated[kind]);
          })),
        );
      }
      if (!isChanged) return unopened;
    }
  }

  /**
   * @param options.forgetsLost servers may start without keys that are lost, whatever is still under them
   * @throws SecretKeyError when a key is missing that ciphertexts may be under
   * @throws RotationRefusedError when a running server cannot read the key, or encrypts with another one
   */
  return async function rotateKey({ forgetsLost }: { forgetsLost: boolean }): Promise<Rotation> {
    await begin(forgetsLost);
    const rotated = Object.fromEntries(rotatedKinds.map((kind) => [kind, 0])) as Rotation['rotated'];
    const unopened = await rotateAll(rotated);
    const retiredKeyIds = await retire(rotated, forgetsLost);
    return { keyId: encryption.keyId, rotated, unopened, retiredKeyIds };
  };
}

function describeRow(kind: CiphertextKind, { key }: StoredCiphertext): string {
  const { table, column } = ciphertextColumns[kind];
  return `${table}.${column} of ${key.filter((part) => part !== '').join(' ')}`;
}
