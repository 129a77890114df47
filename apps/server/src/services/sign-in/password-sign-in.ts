import type { AccountRecord } from '../../store/records.ts';
import type { AdmittedTry, SignInThrottle } from './sign-in-throttle.ts';
import type { Passwords } from './passwords.ts';
import type { Persistence } from '../../store/store.ts';
import { currentActor, recordChange } from '../audit/audit.ts';
import { createGate } from './gate.ts';
import { isWorthAnEntry } from './sign-in-throttle.ts';
import { ServiceError } from '../../platform/service-error.ts';

export interface PasswordTry {
  email: string;
  password: string;
  /** A browser in which this account has signed in before; see `known-browsers.ts`. */
  knownBrowser: string | null;
}

export type PasswordSignIn = ReturnType<typeof createPasswordSignIn>;

/**
 * Checks passwords of accounts. Without the password, an existing account, an unknown one and one without a
 * password are indistinguishable: in messages, in time and in the number of attempts.
 */
export function createPasswordSignIn(parts: {
  persistence: Persistence<'accounts' | 'auditLog'>;
  passwords: Passwords;
  throttle: SignInThrottle;
}) {
  const { persistence, passwords, throttle } = parts;
  // In front of the database, so that a flood takes neither its connections nor the threads.
  const gate = createGate({ atOnce: 2, waiting: 12, waitingForOne: 4 });

  async function check(tried: PasswordTry, email: string, admitted: AdmittedTry): Promise<AccountRecord> {
    const account = await persistence.store.accounts.findByEmail(email);
    const isRight = await passwords.verify(tried.password, account?.passwordHash ?? null);
    if (!account || !isRight) {
      const { failures } = admitted;
      if (isWorthAnEntry(failures.account) && isWorthAnEntry(failures.address))
        await noteFailure(account, failures.account);
      throw new ServiceError('wrong_password', 'The e-mail address or the password is wrong. Check both.');
    }
    if (account.disabledAt) throw accountDisabled();
    return account;
  }

  /** The name of an unknown account is not recorded: it may be a password typed in the wrong field. */
  async function noteFailure(account: AccountRecord | undefined, failures: number) {
    await recordChange(persistence.store, {
      action: 'person.sign-in-failed',
      target: { kind: 'person', id: account?.id ?? null, name: account?.email ?? null },
      before: null,
      after: { failures },
    });
  }

  return {
    /** @throws ServiceError wrong_password, account_disabled, too_many_tries or too_many_sign_ins */
    async signIn(tried: PasswordTry): Promise<AccountRecord> {
      const email = tried.email.trim();
      const { address } = currentActor();
      const buckets = { account: email.toLowerCase(), address, knownBrowser: tried.knownBrowser };
      throttle.rejectBlocked(buckets);
      return gate.pass(address ?? '', async () => {
        const admitted = await throttle.admit(buckets);
        const account = await check(tried, email, admitted);
        await admitted.succeeded();
        return account;
      });
    },
  };
}

export function accountDisabled(): ServiceError {
  return new ServiceError(
    'account_disabled',
    'This account is disabled. Contact the operator of this server.',
  );
}
