import type { Encryption } from '../../platform/encryption.ts';
import type { Persistence } from '../../store/store.ts';
import type { TryLimits } from '../../store/records.ts';
import { LRUCache } from 'lru-cache';
import { ServiceError } from '../../platform/service-error.ts';
import { networkOf } from '../../domain/primitives/network-of-address.ts';

export type SignInThrottle = ReturnType<typeof createSignInThrottle>;

const hour = 3600;

/**
 * `account` counts attempts at an account from one known browser, or from one address: five, then one after 1
 * s, 2 s, 4 s and so on, up to a minute. So an attacker slows down only callers at the same address.
 * `everywhere` counts the attempts at an account from all unknown browsers: with many addresses an attacker
 * has some 9000 guesses a day, while the user waits for at most 10 s, or not at all in a known browser. An
 * `address` may be that of a whole office.
 */
const limits = {
  account: { freeTries: 5, firstWaitSeconds: 1, maxWaitSeconds: 60, windowSeconds: 24 * hour },
  everywhere: { freeTries: 50, firstWaitSeconds: 1, maxWaitSeconds: 10, windowSeconds: 24 * hour },
  address: { freeTries: 30, firstWaitSeconds: 1, maxWaitSeconds: 300, windowSeconds: hour },
} satisfies Record<string, TryLimits>;

type Kind = keyof typeof limits;

interface Bucket {
  kind: Kind;
  name: string;
}

/** The counters to which an attempt belongs. */
export interface Buckets {
  /** The account name as typed, whether it exists or not; null if none was given. */
  account: string | null;
  address: string | null;
  /** A browser in which the account has signed in before; see `known-browsers.ts`. */
  knownBrowser?: string | null;
}

export interface AdmittedTry {
  /**
   * Attempts at the account, and from the address, including this one, since the last success or a long
   * pause.
   */
  failures: { account: number; address: number };
  /**
   * Records a correct password: resets the attempts at the account from here, and removes this attempt from
   * the other counters.
   */
  succeeded(): Promise<void>;
}

/**
 * Limits how fast passwords (and codes) can be guessed. Counters are in the database, so all servers count
 * together.
 */
export function createSignInThrottle(persistence: Persistence<'signInFailures'>, encryption: Encryption) {
  const { signInFailures } = persistence.store;
  /** Buckets that are certainly blocked, so that a flood on one of them does not reach the database. */
  const blocked = new LRUCache<string, number>({ max: 10_000 });
  let admitted = 0;

  /** Hashed with the installation's key, so that the database does not reveal what users typed. */
  const nameBucket = (kind: Kind, name: string) => encryption.sign(`sign-in failures ${kind} ${name}`);

  const toBucket = (kind: Kind, name: string): Bucket => ({ kind, name: nameBucket(kind, name) });

  /** A known browser has its own counter: attempts by others, even from its address, do not slow it down. */
  function listBuckets({ account, address, knownBrowser }: Buckets): Bucket[] {
    if (account && knownBrowser) return [toBucket('account', `${account} ${knownBrowser}`)];
    const network = address ? networkOf(address) : null;
    return [
      ...(network ? [toBucket('address', network)] : []),
      ...(account ? [toBucket('account', network ? `${account} ${network}` : account)] : []),
      ...(account && network ? [toBucket('everywhere', account)] : []),
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
    const until = answer.blockedUntil.getTime();
    blocked.set(name, until);
    throw tooManyTries(until);
  }

  /** An attempt that one counter rejects is removed from the others. */
  async function admitToAll(list: readonly Bucket[]): Promise<Record<Kind, number>> {
    const failures = { account: 0, everywhere: 0, address: 0 };
    const counted: Bucket[] = [];
    try {
      for (const bucket of list) {
        failures[bucket.kind] = await admitTo(bucket.kind, bucket.name);
        counted.push(bucket);
      }
    } catch (error) {
      for (const { name } of counted) await signInFailures.takeBack(toBytes(name));
      throw error;
    }
    return failures;
  }

  /** Removes rows of addresses that never return, on every hundredth attempt. */
  async function tidyUp(): Promise<void> {
    admitted += 1;
    if (admitted % 100 === 0) await signInFailures.removeExpired();
  }

  return {
    /**
     * Rejects attempts that this server knows to be blocked, at no cost.
     * @throws ServiceError too_many_tries
     */
    rejectBlocked(buckets: Buckets): void {
      for (const { name } of listBuckets(buckets)) refuseBlocked(name);
    },

    /**
     * Counts the attempt before it is checked.
     * @throws ServiceError too_many_tries, with the time to wait
     */
    async admit(buckets: Buckets): Promise<AdmittedTry> {
      const list = listBuckets(buckets);
      for (const { name } of list) refuseBlocked(name);
      const { account, everywhere, address } = await admitToAll(list);
      await tidyUp();
      return {
        failures: { account: Math.max(account, everywhere), address },
        async succeeded() {
          for (const { kind, name } of list)
            await (kind === 'account'
              ? signInFailures.clear(toBytes(name))
              : signInFailures.takeBack(toBytes(name)));
        },
      };
    },

    /** Resets the counters after the user has proved their identity in another way. */
    async forgive(buckets: Buckets): Promise<void> {
      for (const { kind, name } of listBuckets(buckets)) {
        if (kind === 'address') continue;
        blocked.delete(name);
        await signInFailures.clear(toBytes(name));
      }
    },
  };
}

/**
 * Selects the failures to audit: the first five, then the 8th, 16th, 32nd and so on, so that a flood does not
 * fill the log.
 */
export function isWorthAnEntry(failures: number): boolean {
  return failures <= 5 || (failures & (failures - 1)) === 0;
}

function toBytes(name: string): Buffer {
  return Buffer.from(name, 'base64url');
}

function tooManyTries(until: number): ServiceError {
  const seconds = Math.max(1, Math.ceil((until - Date.now()) / 1000));
  const wait = seconds === 1 ? 'a second' : `${seconds} seconds`;
  return new ServiceError('too_many_tries', `Too many failed attempts. Try again in ${wait}.`, {
    retry_after_seconds: seconds,
  });
}
