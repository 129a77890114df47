import type { BlobStore } from '../../blobs/blob-store.ts';
import type { CiphertextKind, StoredArchiveKey, StoredCiphertext } from '../../store/records.ts';
import type { Encryption } from '../../platform/encryption.ts';
import type { FaultPoints } from '../../platform/fault-points.ts';
import type { Persistence, Store } from '../../store/store.ts';
import { recordOf } from '../../domain/primitives/typed-record.ts';
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

/** A ciphertext that no available key decrypts. It stays unchanged. */
export interface UnopenedCiphertext {
  kind: RotatedKind;
  /** The row or the configuration. */
  name: string;
  /** Null if it was written before keys had ids. */
  keyId: string | null;
}

export interface Rotation {
  keyId: string;
  rotated: Record<RotatedKind, number>;
  unopened: UnopenedCiphertext[];
  /** Keys that no ciphertext needs any more. */
  retiredKeyIds: string[];
}

/** A running server is not ready for the new key. Nothing was changed. */
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
  persistence: Persistence<'auditLog' | 'ciphertexts' | 'secretKeys' | 'servers'>;
  blobs: BlobStore;
  encryption: Encryption;
  faultPoints: FaultPoints;
  /** Called after each batch with the number of re-encrypted ciphertexts of a kind. */
  onProgress: (kind: RotatedKind, rotated: number) => void;
}

const batch = 100;

/** One ciphertext, in the database or a blob. `replace` returns false if it was changed or removed meanwhile. */
interface Rotatable {
  name: string;
  sealed: Uint8Array;
  context: string;
  replace(next: Buffer): Promise<boolean>;
}

/**
 * Creates the rotation, which re-encrypts all ciphertexts with the current key while servers run. Each ciphertext is replaced separately,
 * and only if it is unchanged, so the rotation can be stopped at any point and run again.
 */
export function createRotateKey(dependencies: RotationDependencies) {
  const { persistence, blobs, encryption, faultPoints, onProgress } = dependencies;
  const { store } = persistence;
  const header = headerOf(encryption.keyId);

  /** @throws RotationRefusedError */
  async function requireServersReady(within: Pick<Store, 'secretKeys' | 'servers'>): Promise<void> {
    const readable = (await within.secretKeys.listUsed()).filter((id) =>
      encryption.readableKeyIds.includes(id),
    );
    const servers = await within.servers.listLive(liveSeconds);
    const problems = findKeyProblems(servers, encryption.keyId, readable);
    if (problems.length > 0) throw new RotationRefusedError(problems);
  }

  /** Checks first, so that a command with wrong keys (a shell without the servers' settings) changes nothing. */
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

  /** @returns the keys that no ciphertext needs any more; with `forgetsLost` also the keys that are lost */
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

  /** Returns an archive that is not encrypted with the current key; null for others and for a removed one. */
  async function findOlderArchive({ id, archiveKey }: StoredArchiveKey): Promise<Rotatable | null> {
    try {
      const start = await buffer(await blobs.openRead(archiveKey, { start: 0, end: headerBytes }));
      if (start.equals(header)) return null;
      return {
        name: `configuration ${id}`,
        sealed: await readBlob(blobs, archiveKey),
        context: id,
        async replace(next) {
          // Atomic: servers read the old archive or the new one.
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

  /** @returns whether it was re-encrypted; 'unopened' if no available key decrypts it */
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

  /** Re-encrypts all ciphertexts of a kind, in one pass. */
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

  /** Repeats passes until one finds nothing to re-encrypt, because a server may have written a ciphertext meanwhile. */
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
   * @param options.forgetsLost lets servers start without lost keys, although ciphertexts still need them
   * @throws SecretKeyError if a key is missing that ciphertexts may need
   * @throws RotationRefusedError if a running server lacks the key or encrypts with another one
   */
  return async function rotateKey({ forgetsLost }: { forgetsLost: boolean }): Promise<Rotation> {
    await begin(forgetsLost);
    const rotated = recordOf(rotatedKinds, () => 0);
    const unopened = await rotateAll(rotated);
    const retiredKeyIds = await retire(rotated, forgetsLost);
    return { keyId: encryption.keyId, rotated, unopened, retiredKeyIds };
  };
}

function describeRow(kind: CiphertextKind, { key }: StoredCiphertext): string {
  const { table, column } = ciphertextColumns[kind];
  return `${table}.${column} of ${key.filter((part) => part !== '').join(' ')}`;
}
