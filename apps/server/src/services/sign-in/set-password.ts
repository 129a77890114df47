import type { AccountRecord } from '../../store/records.ts';
import type { BrowserSession } from './browser-sessions.ts';
import type { Passwords } from './passwords.ts';
import type { Persistence, Store } from '../../store/store.ts';
import type { SignInThrottle } from './sign-in-throttle.ts';
import { actAsPerson, currentActor, recordChange } from '../audit/audit.ts';
import { findPasswordProblem } from '../../domain/sign-in/new-password.ts';
import { accountDisabled } from './password-sign-in.ts';
import { hashSecret } from './credentials.ts';
import { ServiceError } from '../../platform/service-error.ts';

export type SetPassword = ReturnType<typeof createSetPassword>;

/** @throws ServiceError password_refused */
export function requireGoodPassword(password: string, email: string): void {
  const problem = findPasswordProblem(password, email);
  if (problem) throw new ServiceError('password_refused', problem);
}

/**
 * Sets a password, in the caller's transaction and in the name of the current actor. Ends all sessions of the
 * user except the browser session in `keep`, and revokes sign-ins that were approved but not redeemed, which
 * would otherwise begin new sessions.
 */
export async function writePassword(
  store: Pick<Store, 'accounts' | 'auditLog' | 'signInRequests'>,
  account: { id: string; email: string },
  { hash, by, keep }: { hash: string; by: 'person' | 'link' | 'operator'; keep: Uint8Array | null },
): Promise<void> {
  await store.accounts.setPasswordHash(account.id, hash);
  await store.signInRequests.forgetApproved(account.id);
  await store.accounts.endSessions(account.id, 'account-changed', keep);
  await recordChange(store, {
    action: 'person.set-password',
    target: { kind: 'person', id: account.id, name: account.email },
    before: null,
    after: { by },
  });
}

/**
 * Sets new passwords for users who know the old one, or have a link. Either way all other sessions of the
 * user end; their keys stay.
 */
export function createSetPassword(parts: {
  persistence: Persistence<'accounts' | 'auditLog' | 'oneTimeLinks' | 'signInRequests'>;
  passwords: Passwords;
  throttle: SignInThrottle;
}) {
  const { persistence, passwords, throttle } = parts;

  async function findLink(token: string) {
    const link = await persistence.store.oneTimeLinks.findPasswordLink(hashSecret(token));
    if (!link || link.usedAt || link.expiresAt.getTime() <= Date.now()) throw linkNotGood();
    return link;
  }

  return {
    /** @throws ServiceError wrong_password, password_refused or too_many_tries */
    async change(session: BrowserSession, passwordChange: { old: string; new: string }): Promise<void> {
      const { userId, email } = session;
      requireGoodPassword(passwordChange.new, email);
      // Limits guessing by anyone who finds an open browser.
      const admitted = await throttle.admit({ account: `changes the password of ${userId}`, address: null });
      const account = await persistence.store.accounts.find(userId);
      if (!(await passwords.verify(passwordChange.old, account?.passwordHash ?? null)))
        throw new ServiceError('wrong_password', 'The password is wrong.');
      await admitted.succeeded();
      const hash = await passwords.hash(passwordChange.new);
      const change = { hash, by: 'person', keep: session.secretHash } as const;
      await persistence.transaction((store) => writePassword(store, { id: userId, email }, change));
    },

    /**
     * Returns whose password a link sets.
     * @throws ServiceError link_not_good
     */
    async describeLink(token: string): Promise<{ email: string }> {
      const { email } = await findLink(token);
      return { email };
    },

    /** @throws ServiceError link_not_good, password_refused */
    async useLink(token: string, password: string): Promise<AccountRecord> {
      const { userId, email } = await findLink(token);
      requireGoodPassword(password, email);
      const hash = await passwords.hash(password);
      const account = await persistence.transaction(async (store) => {
        if (!(await store.oneTimeLinks.usePasswordLink(hashSecret(token)))) throw linkNotGood();
        await actAsPerson({ userId, email }, () =>
          writePassword(store, { id: userId, email }, { hash, by: 'link', keep: null }),
        );
        const found = await store.accounts.find(userId);
        if (!found || found.disabledAt) throw accountDisabled();
        return found;
      });
      await throttle.forgive({ account: email.toLowerCase(), address: currentActor().address });
      return account;
    },
  };
}

export function linkNotGood(): ServiceError {
  return new ServiceError(
    'link_not_good',
    'This link is no longer valid: it was used, has expired, or was replaced by a newer one.',
  );
}
