import type { AttemptRecord } from '../store/records.ts';
import type { Persistence } from '../store/store.ts';
import { hashSecret } from './credentials.ts';
import { ServiceError } from './service-error.ts';

export type AuthenticateAttempt = ReturnType<typeof createAuthenticateAttempt>;

/** Checks the token of an attempt's bootstrap, which is good for that attempt alone. */
export function createAuthenticateAttempt({ store }: Persistence) {
  return async function authenticateAttempt(attemptId: string, token: string): Promise<AttemptRecord> {
    const attempt = await store.attempts.findByToken(attemptId, hashSecret(token));
    if (!attempt) throw new ServiceError('not_authenticated', 'The token is not that of this attempt.');
    return attempt;
  };
}
