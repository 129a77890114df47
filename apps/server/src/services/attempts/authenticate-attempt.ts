import type { AttemptRecord } from '../../store/records.ts';
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
    /** Authenticates by the attempt's secret, which both sides have and neither sends. */
    async bySeal(
      attemptId: string,
      { method, route, header }: AttemptCall,
    ): Promise<{ attempt: AttemptRecord; seal: AttemptSeal }> {
      const found = await store.attempts.findWithSecret(attemptId);
      if (!found) throw refuse();
      const { sealedSecret, ...attempt } = found;
      const seal = secrets.open({ ...attempt, sealedSecret });
      if (!seal.isProved(method, route, header)) throw refuse();
      return { attempt, seal };
    },

    /** Authenticates by a bearer token: for attempts that the previous release started. */
    async byToken(attemptId: string, token: string): Promise<AttemptRecord> {
      const attempt = await store.attempts.findByToken(attemptId, hashSecret(token));
      if (!attempt) throw refuse();
      return attempt;
    },
  };
}

function refuse(): ServiceError {
  return new ServiceError('not_authenticated', 'The call does not prove that it comes from this attempt.');
}
