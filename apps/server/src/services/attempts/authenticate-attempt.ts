import type { AttemptSeal, SealedHeader } from '../../platform/attempt-seal.ts';
import type { AttemptSecrets } from './attempt-secrets.ts';
import type { Persistence } from '../../store/store.ts';
import { hashSecret } from '../sign-in/credentials.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** A call, as described by its head. */
export interface AttemptCall {
  method: string;
  /** The part of the URL after the attempt's id, with the query. */
  route: string;
  header: SealedHeader;
}

export type AuthenticateAttempt = ReturnType<typeof createAuthenticateAttempt>;

/** Authenticates calls of attempts. */
export function createAuthenticateAttempt({ store }: Persistence<'attempts'>, secrets: AttemptSecrets) {
  return {
    /**
     * Authenticates by the attempt's secret, which both sides have and neither sends. What the attempt may
     * still do is checked by each call.
     */
    async bySeal(attemptId: string, { method, route, header }: AttemptCall): Promise<AttemptSeal> {
      const seal = await secrets.openSeal(store, attemptId);
      if (!seal?.isProved(method, route, header)) throw refuse();
      return seal;
    },

    /** Authenticates by a bearer token: for attempts that the previous release started. */
    async byToken(attemptId: string, token: string): Promise<void> {
      if (!(await store.attempts.findByToken(attemptId, hashSecret(token)))) throw refuse();
    },
  };
}

function refuse(): ServiceError {
  return new ServiceError('not_authenticated', 'The call does not prove that it comes from this attempt.');
}
