import type { AccountRecord } from '../../store/records.ts';
import type { OpenIdSettings, VouchedPerson } from './open-id.ts';
import type { Passwords } from './passwords.ts';
import type { PasswordSignIn } from './password-sign-in.ts';
import type { Persistence, Store } from '../../store/store.ts';
import { accountDisabled } from './password-sign-in.ts';
import { actAsPerson, recordChange } from '../audit/audit.ts';
import { readEmail } from './accounts.ts';
import { requireGoodPassword } from './set-password.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** An identity confirmed by an OpenID provider, with a verified e-mail address. */
interface VerifiedPerson extends VouchedPerson {
  email: string;
}

/** The outcome for a confirmed identity. */
export type Recognized =
  | { account: AccountRecord }
  /**
   * An account with that e-mail address exists: its password must prove that both belong to the same user.
   */
  | { link: VerifiedPerson };

/** The invitation of a user who has no account yet. */
export interface Invited {
  email: string;
  /**
   * Accepts the invitation in the transaction that creates the account, so that both happen or neither does.
   */
  accept: (
    store: Pick<Store, 'auditLog' | 'invitations' | 'members' | 'people' | 'workspaces'>,
    account: AccountRecord,
  ) => Promise<unknown>;
}

export type SignUp = ReturnType<typeof createSignUp>;

/** Creates accounts, and finds those of a provider's identities. */
export function createSignUp(parts: {
  persistence: Persistence<'accounts' | 'auditLog' | 'invitations' | 'members' | 'people' | 'workspaces'>;
  passwords: Passwords;
  passwordSignIn: PasswordSignIn;
  signUp: OpenIdSettings['signUp'];
}) {
  const { persistence, passwords, passwordSignIn } = parts;

  /** @param isLinked false if the account was just created for the identity */
  async function linkIdentity(
    store: Pick<Store, 'accounts' | 'auditLog'>,
    account: AccountRecord,
    person: VerifiedPerson,
    isLinked: boolean,
  ) {
    const { issuer, subject, email } = person;
    const isAdded = await store.accounts.addIdentity({ issuer, subject, userId: account.id, email });
    if (!isAdded) throw new ServiceError('account_exists', 'This sign-in now belongs to another account.');
    await actAsPerson({ userId: account.id, email: account.email }, () =>
      recordChange(store, {
        action: isLinked ? 'person.link-identity' : 'person.create',
        target: { kind: 'person', id: account.id, name: account.email },
        before: null,
        after: { issuer, email },
      }),
    );
  }

  async function mayHaveAccount(email: string, invited: Invited | null): Promise<boolean> {
    if (invited?.email.toLowerCase() === email.toLowerCase()) return true;
    // The first member of an organization owns it, so no one may sign up before the operator who sets up the
    // server.
    return parts.signUp === 'anyone' && (await persistence.store.people.hasOwner());
  }

  return {
    /**
     * Creates an account for an invited user.
     * @throws ServiceError account_exists, password_refused
     */
    async withPassword(invited: Invited, password: string): Promise<AccountRecord> {
      const email = readEmail(invited.email);
      requireGoodPassword(password, email);
      const passwordHash = await passwords.hash(password);
      return persistence.transaction(async (store) => {
        const account = await store.accounts.insert({ email, name: null, passwordHash });
        if (!account) throw accountExists(email);
        await actAsPerson({ userId: account.id, email }, () =>
          recordChange(store, {
            action: 'person.create',
            target: { kind: 'person', id: account.id, name: email },
            before: null,
            after: { by: 'invitation' },
          }),
        );
        await actAsPerson({ userId: account.id, email }, () => invited.accept(store, account));
        return account;
      });
    },

    /**
     * Recognizes an identity, by issuer and subject only: an e-mail address alone opens no account.
     * @param invited the invitation that the user presents
     * @throws ServiceError account_disabled, email_not_verified, account_not_linked or sign_up_closed
     */
    async recognize(person: VouchedPerson, invited: Invited | null): Promise<Recognized> {
      const known = await persistence.store.accounts.findByIdentity(person.issuer, person.subject);
      if (known?.disabledAt) throw accountDisabled();
      if (known) return { account: known };
      const verified = requireVerified(person);
      const sameEmail = await persistence.store.accounts.findByEmail(verified.email);
      if (sameEmail?.disabledAt) throw accountDisabled();
      if (sameEmail && sameEmail.passwordHash === null) throw notLinked(verified.email);
      if (sameEmail) return { link: verified };
      if (!(await mayHaveAccount(verified.email, invited))) throw signUpClosed(verified.email);
      const account = await persistence.transaction(async (store) => {
        const made = await store.accounts.insert({
          email: readEmail(verified.email),
          name: verified.name,
          passwordHash: null,
        });
        if (!made) throw accountExists(verified.email);
        await linkIdentity(store, made, verified, false);
        if (invited?.email.toLowerCase() === made.email.toLowerCase())
          await actAsPerson({ userId: made.id, email: made.email }, () => invited.accept(store, made));
        return made;
      });
      return { account };
    },

    /**
     * Links an identity to an account after the user has proved with the password that it is theirs.
     * @throws ServiceError as `passwordSignIn.signIn`
     */
    async link(
      person: VerifiedPerson,
      tried: { password: string; knownBrowser: string | null },
    ): Promise<AccountRecord> {
      const account = await passwordSignIn.signIn({ email: person.email, ...tried });
      await persistence.transaction((store) => linkIdentity(store, account, person, true));
      return account;
    },
  };
}

export function accountExists(email: string): ServiceError {
  return new ServiceError('account_exists', `The account ${email} already exists. Sign in with it.`);
}

function requireVerified(person: VouchedPerson): VerifiedPerson {
  const { email } = person;
  if (email !== null && person.isEmailVerified) return { ...person, email };
  throw new ServiceError(
    'email_not_verified',
    email === null
      ? 'The provider did not return your e-mail address, and an account needs one.'
      : `The provider has not verified that ${email} is yours. Confirm the address there, then sign in again.`,
  );
}

function notLinked(email: string): ServiceError {
  return new ServiceError(
    'account_not_linked',
    `There is an account ${email} that was never used with this provider and has no password. Sign in as before, or ask an operator for a link that sets a password.`,
  );
}

function signUpClosed(email: string): ServiceError {
  return new ServiceError(
    'sign_up_closed',
    `There is no account ${email}. Ask an owner of the organization for an invitation, open its link, and continue from there.`,
  );
}
