import type { Encryption } from '../../platform/encryption.ts';
import type { LiveServer, ServerKeys } from '../../store/records.ts';
import type { Persistence, Store } from '../../store/store.ts';
import { ciphertextKinds, contextOf } from './ciphertext-contexts.ts';
import { headerOf } from '../../platform/ciphertext.ts';
import { parseOwner } from '../../domain/attempts/server-owner.ts';

/** A server without a heartbeat for this long counts as stopped. */
export const liveSeconds = 15;
/** How many ciphertexts of a kind are tried if the database has no key ids yet. */
const samples = 20;

/** The keys of a server do not decrypt the installation's secrets. */
export class SecretKeyError extends Error {
  override readonly name = 'SecretKeyError';
  readonly code: 'secret_key_missing' | 'secret_key_wrong';

  constructor(code: SecretKeyError['code'], detail: string) {
    super(`${code}: ${detail}`);
    this.code = code;
  }
}

export type ServerRegistration = Awaited<ReturnType<typeof registerServer>>;

/**
 * Checks at start-up that a server has the keys of its installation, and registers it with the ids of its keys.
 * @throws SecretKeyError secret_key_missing, secret_key_wrong
 */
export async function registerServer(
  persistence: Persistence<'ciphertexts' | 'secretKeys' | 'servers'>,
  encryption: Encryption,
  { id, owner }: Pick<ServerKeys, 'id' | 'owner'>,
) {
  const { keyId, readableKeyIds } = encryption;
  const server: ServerKeys = { id, owner, keyId, readableKeyIds, address: null };
  const registered = await persistence.transaction(async (store) => {
    await store.secretKeys.lock();
    const usedKeyIds = await requireKeys(store, encryption);
    await store.secretKeys.noteUsed(keyId);
    const others = await store.servers.listLive(liveSeconds);
    await store.servers.removeKilled();
    await store.servers.keepAlive(server);
    return { usedKeyIds, others };
  });
  return {
    /** Keys other than the current one that ciphertexts may need. */
    olderKeyIds: registered.usedKeyIds.filter((used) => used !== keyId),
    /** Servers that cannot decrypt what this server encrypts. */
    serversWithoutKey: registered.others.filter((other) => !other.readableKeyIds.includes(keyId)),
    async beat(): Promise<void> {
      await persistence.store.servers.keepAlive(server);
      // A server that was suspended while its key was retired encrypts with it again.
      await persistence.store.secretKeys.noteUsed(keyId);
    },
    /** Publishes the address at which other servers reach this one. */
    async publishAddress(address: string): Promise<void> {
      server.address = address;
      await persistence.store.servers.keepAlive(server);
    },
    remove: () => persistence.store.servers.remove(id),
  };
}

/**
 * Checks within a transaction that these keys decrypt all stored secrets.
 * @returns the ids of the keys that ciphertexts may need
 * @throws SecretKeyError
 */
export async function requireKeys(
  store: Pick<Store, 'ciphertexts' | 'secretKeys'>,
  encryption: Encryption,
): Promise<string[]> {
  const { readableKeyIds } = encryption;
  const usedKeyIds = await store.secretKeys.listUsed();
  if (usedKeyIds.length === 0) await requireReadable(store, encryption);
  const missing = usedKeyIds.find((id) => !readableKeyIds.includes(id));
  if (missing === undefined) return usedKeyIds;
  throw new SecretKeyError(
    'secret_key_missing',
    `This installation has secrets under key ${missing}. The settings give ${listKeys(readableKeyIds)}. ` +
      'Set PUMPHOUSE_SECRET_KEY to the missing key, or add it to PUMPHOUSE_OTHER_SECRET_KEYS. Without the setting the key is ' +
      'the file secret.key in the data folder: restore it from the backup. If the key is lost, run ' +
      'bin/pumphouse admin rotate-key --forget: secrets under it stay unreadable and must be set again.',
  );
}

/** A database of the previous release has no key ids, so stored secrets are tried. */
async function requireReadable(store: Pick<Store, 'ciphertexts'>, encryption: Encryption): Promise<void> {
  let tried = 0;
  for (const kind of ciphertextKinds) {
    const found = await store.ciphertexts.listWithout(kind, headerOf(encryption.keyId), null, samples);
    for (const { owner, sealed } of found) {
      if (canOpen(encryption, sealed, contextOf(kind, owner))) return;
      tried += 1;
    }
  }
  if (tried === 0) return;
  throw new SecretKeyError(
    'secret_key_wrong',
    `The settings give ${listKeys(encryption.readableKeyIds)}, which decrypts none of the stored secrets. ` +
      'Set PUMPHOUSE_SECRET_KEY to the key of this installation, or restore the file secret.key from the backup to the data folder.',
  );
}

function canOpen(encryption: Encryption, sealed: Buffer, context: string): boolean {
  try {
    encryption.decrypt(sealed, context);
    return true;
  } catch {
    return false;
  }
}

function listKeys(ids: readonly string[]): string {
  return ids.length === 1 ? `key ${ids[0]}` : `keys ${ids.join(', ')}`;
}

/** Lists the servers that are not ready for a key, with what to do. Empty if all encrypt with it and can decrypt with the used keys. */
export function findKeyProblems(
  servers: readonly LiveServer[],
  keyId: string,
  usedKeyIds: readonly string[],
): string[] {
  return servers.flatMap(({ owner, keyId: own, readableKeyIds }) => {
    const name = nameServer(owner);
    if (own === null) return [`${name} runs a release without key ids. Update it.`];
    if (own !== keyId)
      return [
        `${name} encrypts with key ${own}${readableKeyIds.includes(keyId) ? '' : ` and cannot read key ${keyId}`}. ` +
          `Restart it with key ${keyId} as its secret key.`,
      ];
    const missing = usedKeyIds.filter((id) => !readableKeyIds.includes(id));
    return missing.length === 0
      ? []
      : [
          `${name} cannot read ${listKeys(missing)}. Add the missing key to PUMPHOUSE_OTHER_SECRET_KEYS and restart it.`,
        ];
  });
}

export function nameServer(owner: string): string {
  const server = parseOwner(owner);
  return server ? `The server on ${server.hostName} (pid ${server.pid})` : `The server ${owner}`;
}
