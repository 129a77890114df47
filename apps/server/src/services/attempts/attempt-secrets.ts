import type { AttemptSeal } from '../../platform/attempt-seal.ts';
import type { BootstrapCredential } from '../../store/postgres/attempts/attempts.ts';
import type { Encryption } from '../../platform/encryption.ts';
import type { Store } from '../../store/store.ts';
import { createAttemptSeal } from '../../platform/attempt-seal.ts';
import { createSecret, hashSecret } from '../sign-in/credentials.ts';

export type AttemptSecrets = ReturnType<typeof createAttemptSecrets>;

/**
 * Manages the secrets of attempts. They are stored encrypted rather than hashed, because the server also uses
 * them to authenticate itself. Read access to the database alone does not reveal them.
 */
export function createAttemptSecrets(encryption: Encryption) {
  return {
    /** Creates a secret for an attempt of a run, and its stored form. */
    create(jobRunId: string): { secret: string; credential: BootstrapCredential } {
      const secret = createSecret('dlt_b_');
      const sealedSecret = encryption.encrypt(Buffer.from(secret), attemptSecretContext(jobRunId));
      return { secret, credential: { tokenHash: hashSecret(secret), sealedSecret } };
    },

    /** Returns the seal of an attempt; null if the previous release started it. */
    async openSeal(store: Pick<Store, 'attempts'>, attemptId: string): Promise<AttemptSeal | null> {
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
