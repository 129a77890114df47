import type { AttemptSeal } from '../../platform/attempt-seal.ts';
import type { BootstrapCredential } from '../../store/postgres/attempts/attempts.ts';
import type { Encryption } from '../../platform/encryption.ts';
import type { Store } from '../../store/store.ts';
import { createAttemptSeal } from '../../platform/attempt-seal.ts';
import { createSecret, hashSecret } from '../sign-in/credentials.ts';
import { LRUCache } from 'lru-cache';

/** More than a server drives at once. */
const maxSeals = 500;

export type AttemptSecrets = ReturnType<typeof createAttemptSecrets>;

/**
 * Manages the secrets of attempts. They are stored encrypted rather than hashed, because the server also uses
 * them to authenticate itself. Read access to the database alone does not reveal them.
 */
export function createAttemptSecrets(encryption: Encryption) {
  /** An attempt keeps its secret. */
  const seals = new LRUCache<string, AttemptSeal>({ max: maxSeals });

  function open({ id, jobRunId, sealedSecret }: SealedSecret): AttemptSeal {
    const secret = encryption.decrypt(sealedSecret, attemptSecretContext(jobRunId)).toString();
    return createAttemptSeal(secret, id);
  }

  return {
    /** Creates a secret for an attempt of a run, and its stored form. */
    create(jobRunId: string): { secret: string; credential: BootstrapCredential } {
      const secret = createSecret('dlt_b_');
      const sealedSecret = encryption.encrypt(Buffer.from(secret), attemptSecretContext(jobRunId));
      return { secret, credential: { tokenHash: hashSecret(secret), sealedSecret } };
    },

    /** Returns the seal of an attempt; null if the previous release started it. */
    async openSeal(store: Pick<Store, 'attempts'>, attemptId: string): Promise<AttemptSeal | null> {
      const known = seals.get(attemptId);
      if (known) return known;
      const found = await store.attempts.findWithSecret(attemptId);
      if (!found) return null;
      const seal = open(found);
      seals.set(attemptId, seal);
      return seal;
    },

    /** Keeps the secret of an attempt that was stored with it, for the calls that follow. */
    remember(attemptId: string, secret: string): void {
      seals.set(attemptId, createAttemptSeal(secret, attemptId));
    },
  };
}

interface SealedSecret {
  id: string;
  jobRunId: string;
  sealedSecret: Uint8Array;
}

export function attemptSecretContext(jobRunId: string): string {
  return `bootstrap secret of ${jobRunId}`;
}
