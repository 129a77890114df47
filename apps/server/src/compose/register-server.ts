import type { Config } from '../config/config.ts';
import type { Encryption } from '../platform/encryption.ts';
import type { Logger } from 'pino';
import type { LoopDefinition } from '../platform/loops.ts';
import type { Persistence } from '../store/store.ts';
import { randomUUID } from 'node:crypto';
import { announceAlone } from './announce-alone.ts';
import { createEncryption } from '../platform/encryption.ts';
import { createServerProcesses } from '../supervisor/server-processes.ts';
import { nameServer, registerServer, type ServerRegistration } from '../services/secret-keys/server-keys.ts';
import { readSecretKeys } from '../config/secret-key.ts';

const beatMs = 3000;

export interface RegisteredServer {
  /** Identifies this server until it stops. */
  serverId: string;
  encryption: Encryption;
  /** Renews the registration. */
  loop: LoopDefinition;
  /** Publishes the address at which other servers reach this one. */
  publishAddress(address: string): Promise<void>;
  /** Removes the registration of a stopping server. */
  remove(): Promise<void>;
}

/**
 * Reads this server's secret keys and registers the server with them.
 * @throws SecretKeyError if the installation has secrets that these keys cannot decrypt
 * @throws InstallationInUseError if a server with the same installation id and another database runs on this machine
 */
export async function openRegistration(
  config: Config,
  persistence: Persistence,
  log: Logger,
): Promise<RegisteredServer> {
  const encryption = createEncryption(await readSecretKeys(config));
  const { self: owner } = createServerProcesses();
  const serverId = randomUUID();
  const registration = await registerServer(persistence, encryption, { id: serverId, owner });
  warnOfKeys(registration, encryption, log);
  const announcement = await announceAlone(persistence, serverId).catch(async (error: unknown) => {
    await registration.remove();
    throw error;
  });
  return {
    serverId,
    encryption,
    publishAddress: (address) => registration.publishAddress(address),
    loop: {
      name: 'registration',
      intervalMs: beatMs,
      firstDelayMs: beatMs,
      async iterate() {
        await registration.beat();
      },
      maxIterationMs: 5 * beatMs,
      failureMessage: 'the server could not renew its registration',
      readyWithinMs: null,
    },
    async remove() {
      try {
        // First: a server that is announced and not registered counts as one of another database.
        await announcement.close();
        await registration.remove();
      } catch (error) {
        log.warn({ err: error }, 'the registration of the server was not removed');
      }
    },
  };
}

function warnOfKeys(registration: ServerRegistration, { keyId }: Encryption, log: Logger): void {
  if (registration.olderKeyIds.length > 0)
    log.warn(
      { keyId, olderKeyIds: registration.olderKeyIds },
      'secrets may be under older keys: run bin/pumphouse admin rotate-key once all servers use the new key',
    );
  for (const { owner } of registration.serversWithoutKey)
    log.warn(
      { keyId },
      `${nameServer(owner)} cannot read key ${keyId}, which this server encrypts with: add it to PUMPHOUSE_OTHER_SECRET_KEYS there, and restart that server`,
    );
}
