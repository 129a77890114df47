import type { DeviceCodeRecord } from '../../store/records.ts';
import type { Persistence } from '../../store/store.ts';
import type { Sessions, SignedIn } from './sessions.ts';
import { randomInt } from 'node:crypto';
import { createSecret, hashSecret } from './credentials.ts';
import { createUserCode, readUserCode } from '../../domain/jobs/user-code.ts';
import { describeCaller, openLimits, refuseFlood, signInForgottenAfterSeconds } from './sign-in-limits.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** What the client shows and keeps. */
export interface IssuedDeviceCode {
  /** The secret of the client. */
  deviceCode: string;
  /** Such as `BCDF-GHJK`. */
  userCode: string;
  verificationUri: string;
  verificationUriComplete: string;
  /** Seconds between two calls of `redeem`. */
  interval: number;
}

/** The details that the page shows a user before they approve. */
export interface DeviceCode {
  userCode: string;
  /** The self-reported name of the client; it proves nothing. */
  client: string;
  address: string | null;
  createdAt: Date;
}

const codeSeconds = 15 * 60;
const intervalSeconds = 5;
/** Tolerance for a call that was faster than the previous one and so arrives slightly early. */
const toleranceSeconds = 1;
/** At most 1000 of 20^8 codes are open, so this few guesses practically never hit one. */
const wrongCodes = { most: 10, windowSeconds: 15 * 60 };

export type DeviceCodes = ReturnType<typeof createDeviceCodes>;

/**
 * Manages sign-ins at a client that cannot open a browser: it shows a code, which the user types elsewhere
 * (RFC 8628).
 */
export function createDeviceCodes({
  persistence,
  sessions,
}: {
  persistence: Persistence<'auditLog' | 'sessions' | 'signInRequests'>;
  sessions: Sessions;
}) {
  const { signInRequests } = persistence.store;

  /** Finds a code that waits for an answer. */
  async function get(typed: string): Promise<DeviceCodeRecord> {
    const userCode = readUserCode(typed);
    const code = userCode === null ? undefined : await signInRequests.findDeviceCode(userCode);
    if (!code) throw refused('The code does not exist. Check the code in your terminal.');
    if (code.outcome !== null) throw refused('This code was already answered. Start again in your terminal.');
    if (code.isExpired) throw refused('This code has expired. Start again in your terminal.');
    return code;
  }

  async function answer(typed: string, outcome: 'approved' | 'denied', userId: string | null): Promise<void> {
    const { userCode } = await get(typed);
    const answered = await signInRequests.answerDeviceCode(userCode, outcome, userId);
    if (!answered) throw refused('This code was already answered. Start again in your terminal.');
  }

  return {
    /**
     * @param origin the URL at which the user finds the page
     * @throws ServiceError too_many_sign_ins
     */
    async issue(origin: string): Promise<IssuedDeviceCode> {
      await signInRequests.forgetOld(signInForgottenAfterSeconds, 100);
      const deviceCode = createSecret('dlt_d_');
      const caller = { ...describeCaller(), hash: hashSecret(deviceCode) };
      // Try a second code in case the first is taken: with 1000 of 20^8 open, that happens once in 25 million
      // times.
      for (let tries = 1; tries <= 2; tries += 1) {
        const code = { ...caller, userCode: createUserCode(randomInt) };
        const made = await signInRequests.insertDeviceCode(code, codeSeconds, openLimits);
        if (made) return describe(deviceCode, made.userCode, `${origin}/sign-in/device`);
      }
      throw refuseFlood();
    },

    /**
     * Reads the details for the page of a code, however it was typed. Only for a signed-in user: wrong codes
     * are counted for them.
     * @throws ServiceError sign_in_refused with a message for the page; too_many_sign_ins
     */
    async find(typed: string, userId: string): Promise<DeviceCode> {
      const bucket = hashSecret(`device codes typed by ${userId}`);
      const typedCodes = await signInRequests.countTypedCode(bucket, wrongCodes.windowSeconds);
      if (typedCodes > wrongCodes.most)
        throw new ServiceError('too_many_sign_ins', 'You entered too many wrong codes. Wait a few minutes.', {
          retry_after_seconds: wrongCodes.windowSeconds,
        });
      const { userCode, client, address, createdAt } = await get(typed);
      await signInRequests.uncountTypedCode(bucket);
      return { userCode, client, address, createdAt };
    },

    /**
     * Approves the sign-in: the client is signed in as the user at its next call.
     * @throws ServiceError sign_in_refused
     */
    approve: (userCode: string, userId: string): Promise<void> => answer(userCode, 'approved', userId),

    /**
     * Denies the sign-in.
     * @throws ServiceError sign_in_refused
     */
    deny: (userCode: string): Promise<void> => answer(userCode, 'denied', null),

    /**
     * @throws ServiceError authorization_pending, slow_down while there is no answer; sign_in_refused finally
     */
    async redeem(deviceCode: string): Promise<SignedIn> {
      const hash = hashSecret(deviceCode);
      const answer = await persistence.transaction(async (store) => {
        const code = await store.signInRequests.lockDeviceCode(hash, intervalSeconds - toleranceSeconds);
        if (!code) return refused('The code does not exist or has expired.');
        if (code.redeemedAt) return refused('The code was already used.');
        if (code.outcome === 'denied') return refused('The sign-in was declined.');
        if (code.isExpired) return refused('The code has expired. Sign in again.');
        if (code.userId) {
          const session = await sessions.beginIn(store, { userId: code.userId, client: code.client });
          await store.signInRequests.finishDeviceCode(hash);
          return session;
        }
        if (code.wasJustAsked)
          return new ServiceError('slow_down', 'The code has not been approved yet. Poll less often.');
        await store.signInRequests.noteAsked(hash);
        return new ServiceError('authorization_pending', 'The code has not been approved yet.');
      });
      if (answer instanceof ServiceError) throw answer;
      return sessions.complete(answer);
    },
  };
}

function describe(deviceCode: string, userCode: string, verificationUri: string): IssuedDeviceCode {
  return {
    deviceCode,
    userCode,
    verificationUri,
    verificationUriComplete: `${verificationUri}?user_code=${userCode}`,
    interval: intervalSeconds,
  };
}

function refused(detail: string): ServiceError {
  return new ServiceError('sign_in_refused', detail);
}
