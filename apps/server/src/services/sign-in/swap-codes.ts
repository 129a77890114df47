import type { Persistence } from '../../store/store.ts';
import type { Sessions } from './sessions.ts';
import { createSecret, hashSecret } from './credentials.ts';

const codeSeconds = 60;

/** Whom a code stands for. */
export interface SwappedPerson {
  userId: string;
  email: string;
  /** The session of the client that opened the browser. */
  sessionId: string;
}

export type SwapCodes = ReturnType<typeof createSwapCodes>;

/** Codes that carry a person who is signed in at a terminal over to the browser that it opens: in an address, so good once and for a minute. */
export function createSwapCodes({ persistence, sessions }: { persistence: Persistence; sessions: Sessions }) {
  return {
    /** The refresh token stays as it is. @throws ServiceError session_ended, refresh_token_reused */
    async issue(refreshToken: string): Promise<{ code: string; expiresInSeconds: number }> {
      const code = createSecret('dlt_x_');
      await sessions.use(refreshToken, async (store, { sessionId }) => {
        await store.sessions.forgetSwapCodes(100);
        await store.sessions.addSwapCode({ hash: hashSecret(code), sessionId, seconds: codeSeconds });
      });
      return { code, expiresInSeconds: codeSeconds };
    },

    /** Null for a code that was redeemed before, is too old, or never was, and where the session has ended meanwhile. */
    redeem: async (code: string): Promise<SwappedPerson | null> =>
      (await persistence.store.sessions.redeemSwapCode(hashSecret(code))) ?? null,
  };
}
