import type { Encryption } from '../encryption.ts';
import type { Persistence } from '../../store/store.ts';
import type { TryLimits } from '../../store/records.ts';
import { ServiceError } from '../service-error.ts';
import { networkOf } from '../../domain/network-of-address.ts';

export type SignInThrottle = ReturnType<typeof createSignInThrottle>;

const hour = 3600;

/**
 * An account lets five tries through, then one after 1 s, 2 s, 4 s and so on, up to a minute: some 1500 guesses a day, and whoever knows the
 * password waits a minute at most. An address may be that of a whole office.
 */
const limits = {
  account: { freeTries: 5, firstWaitSeconds: 1, longestWaitSeconds: 60, windowSeconds: 24 * hour },
  address: { freeTries: 30, firstWaitSeconds: 1, longestWaitSeconds: 300, windowSeconds: hour },
} satisfies Record<string, TryLimits>;

type Kind = keyof typeof limits;

/** What a try counts for. */
export interface Buckets {
  /** The account as it was named, whether it exists or not; null where no account was named. */
  account: string | null;
  address: string | null;
}

export interface AdmittedTry {
  /** Tries of the account, and of the address, this one with them, since the last success or a long pause. */
  failures: { account: number; address: number };
  /** It was none of somebody who guesses: forgets those of the account, and this one of the address. */
  succeeded(): Promise<void>;
}

/** Bounds how fast passwords (and codes) can be guessed. Counts are in the database, so any number of servers count together. */
export function createSignInThrottle(persistence: Persistence, encryption: Encryption) {
  const { signInFailures } = persistence.store;
  /** Buckets that are known to be blocked: a flood on one of them does not reach the database. */
  const blocked = new Map<string, number>();
  let admitted = 0;

  /** Hashed with the installation's key: nobody reads from the database what somebody typed. */
  const nameBucket = (kind: Kind, name: string) => encryption.sign(`sign-in failures ${kind} ${name}`);

  function listBuckets({ account, address }: Buckets) {
    return [
      ...(address ? [{ kind: 'address' as const, name: nameBucket('address', networkOf(address)) }] : []),
      ...(account ? [{ kind: 'account' as const, name: nameBucket('account', account) }] : []),
    ];
  }

  function refuseBlocked(name: string): void {
    const until = blocked.get(name);
    if (until === undefined) return;
    if (until > Date.now()) throw tooManyTries(until);
    blocked.delete(name);
  }

  async function admitTo(kind: Kind, name: string): Promise<number> {
    const answer = await signInFailures.admit(toBytes(name), limits[kind]);
    if ('failures' in answer) return answer.failures;
    if (blocked.size > 10_000) blocked.clear();
    const until = answer.blockedUntil.getTime();
    blocked.set(name, until);
    throw tooManyTries(until);
  }

  /** Now and then: rows of addresses that never come again would stay. */
  async function tidyUp(): Promise<void> {
    admitted += 1;
    if (admitted % 100 === 0) await signInFailures.removeExpired();
  }

  return {
    /** Costs nothing. @throws ServiceError too_many_tries when this server knows that it has to wait */
    refuseKnown(buckets: Buckets): void {
      for (const { name } of listBuckets(buckets)) refuseBlocked(name);
    },

    /** Counts the try before it is made. @throws ServiceError too_many_tries, with how long to wait */
    async admit(buckets: Buckets): Promise<AdmittedTry> {
      const failures = { account: 0, address: 0 };
      const list = listBuckets(buckets);
      for (const { name } of list) refuseBlocked(name);
      for (const { kind, name } of list) failures[kind] = await admitTo(kind, name);
      await tidyUp();
      return {
        failures,
        async succeeded() {
          for (const { kind, name } of list)
            await (kind === 'account'
              ? signInFailures.clear(toBytes(name))
              : signInFailures.takeBack(toBytes(name)));
        },
      };
    },

    /** The person has proved in another way who they are. */
    async forgive(account: string): Promise<void> {
      const name = nameBucket('account', account);
      blocked.delete(name);
      await signInFailures.clear(toBytes(name));
    },
  };
}

/** An entry for each of the first ones, later for the 8th, 16th, 32nd: a flood does not fill the log. */
export function isWorthAnEntry(failures: number): boolean {
  return failures <= 5 || (failures & (failures - 1)) === 0;
}

function toBytes(name: string): Buffer {
  return Buffer.from(name, 'base64url');
}

function tooManyTries(until: number): ServiceError {
  const seconds = Math.max(1, Math.ceil((until - Date.now()) / 1000));
  const wait = seconds === 1 ? 'a second' : `${seconds} seconds`;
  return new ServiceError('too_many_tries', `There were too many tries that failed. Try again in ${wait}.`, {
    retry_after_seconds: seconds,
  });
}
