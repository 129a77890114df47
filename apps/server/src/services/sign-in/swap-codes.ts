import type { Persistence } from '../../store/store.ts';
import type { Sessions } from './sessions.ts';
import { createSecret, hashSecret } from './credentials.ts';

const codeSeconds = 60;

/** The user of a code. */
export interface SwappedPerson {
  userId: string;
  email: string;
  /** The session of the client that opened the browser. */
  sessionId: string;
}

export type SwapCodes = ReturnType<typeof createSwapCodes>;

/**
 * Manages codes that transfer a user signed in at a terminal to the browser that it opens. They are part of
 * an address, so they are valid once and for a minute.
 */
export function createSwapCodes({
  persistence,
  sessions,
}: {
  persistence: Persistence<'sessions'>;
  sessions: Sessions;
}) {
  return {
    /**
     * Issues a code without replacing the refresh token.
     * @throws ServiceError session_ended, refresh_token_reused
     */
    async issue(refreshToken: string): Promise<{ code: string; expiresInSeconds: number }> {
      const code = createSecret('dlt_x_');
      await sessions.use(refreshToken, async (store, { sessionId }) => {
        await store.sessions.forgetSwapCodes(100);
        await store.sessions.addSwapCode({ hash: hashSecret(code), sessionId, seconds: codeSeconds });
      });
      return { code, expiresInSeconds: codeSeconds };
    },

    /**
     * Redeems a code; null if it was redeemed before, has expired, never existed, or its session has ended.
     */
    redeem: async (code: string): Promise<SwappedPerson | null> =>
      (await persistence.store.sessions.redeemSwapCode(hashSecret(code))) ?? null,
  };
}
