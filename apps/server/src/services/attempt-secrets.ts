import type { AttemptSeal } from '../attempt-seal.ts';
import type { BootstrapCredential } from '../store/postgres/attempts.ts';
import type { Encryption } from './encryption.ts';
import type { Store } from '../store/store.ts';
import { createAttemptSeal } from '../attempt-seal.ts';
import { createSecret, hashSecret } from './credentials.ts';

export type AttemptSecrets = ReturnType<typeof createAttemptSecrets>;

/**
 * Secrets of attempts. They are stored encrypted, not hashed, since the server proves itself with them too; who reads the database alone
 * can do nothing with them.
 */
export function createAttemptSecrets(encryption: Encryption) {
  return {
    /** A new secret for an attempt of a run, and what is stored of it. */
    create(jobRunId: string): { secret: string; credential: BootstrapCredential } {
      const secret = createSecret('dlt_b_');
      const sealedSecret = encryption.encrypt(Buffer.from(secret), attemptSecretContext(jobRunId));
      return { secret, credential: { tokenHash: hashSecret(secret), sealedSecret } };
    },

    /** The seal of an attempt; null of one that the release before this one has started. */
    async openSeal(store: Store, attemptId: string): Promise<AttemptSeal | null> {
      const found = await store.attempts.findWithSecret(attemptId);
      return found ? this.open(found) : null;
    },

    open({
      id,
      jobRunId,
      sealedSecret,
    }: {
      id: string;
      jobRunId: string;
      sealedSecret: Uint8Array;
    }): AttemptSeal {
      return createAttemptSeal(
        encryption.decrypt(sealedSecret, attemptSecretContext(jobRunId)).toString(),
        id,
      );
    },
  };
}

export function attemptSecretContext(jobRunId: string): string {
  return `bootstrap secret of ${jobRunId}`;
}
