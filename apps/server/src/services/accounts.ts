import type { Persistence, Store } from '../store/store.ts';
import { recordChange } from './audit.ts';
import { createSecret, hashSecret } from './credentials.ts';
import { createPasswords } from './sign-in/passwords.ts';
import { dataplaneId } from './dataplane.ts';
import { requireGoodPassword, writePassword } from './sign-in/set-password.ts';
import { ServiceError } from './service-error.ts';

export type Accounts = ReturnType<typeof createAccounts>;

const passwordLinkMinutes = 60;

/** What an operator does on the command line: the first account, and accounts that are switched off. */
export function createAccounts(persistence: Persistence) {
  const passwords = createPasswords();

  async function findUser(store: Store, email: string) {
    const user = await store.people.findUserByEmail(email);
    if (!user) throw noAccount(email);
    return user;
  }

  return {
    /** An account that owns an organization. The same e-mail again sets a new password and makes no second organization. */
    async createOwner(owner: { email: string; password: string; organization: string }) {
      const email = readEmail(owner.email);
      requireGoodPassword(owner.password, email);
      const passwordHash = await passwords.hash(owner.password);
      const work = (store: Store) =>
        makeOwner(store, { email, passwordHash, organization: owner.organization });
      return persistence.transaction(work);
    },

    /** For somebody who cannot sign in: the secret of a link that sets a new password, once, within the hour. */
    async createPasswordLink(email: string): Promise<string> {
      const token = createSecret('');
      const work = async (store: Store) => {
        const user = await store.accounts.findByEmail(email.trim());
        if (!user) throw noAccount(email);
        await store.oneTimeLinks.replacePasswordLink({
          tokenHash: hashSecret(token),
          userId: user.id,
          minutes: passwordLinkMinutes,
        });
        await recordChange(store, {
          action: 'person.create-password-link',
          target: { kind: 'person', id: user.id, name: user.email },
          before: null,
          after: null,
        });
      };
      await persistence.transaction(work);
      return token;
    },

    /**
     * Switches an account off, at once: no key, session or token of it is good any more. Switched on again, they are good as before.
     * @returns whether it was the last owner of an organization that could still act, by name
     */
    async setDisabled(email: string, isDisabled: boolean): Promise<{ orphaned: string[] }> {
      return persistence.transaction(async (store) => {
        const user = await findUser(store, email);
        const before = { disabled: user.disabledAt !== null };
        await store.people.setDisabled(user.id, isDisabled);
        await recordChange(store, {
          action: isDisabled ? 'account.disable' : 'account.enable',
          target: { kind: 'account', id: user.id, name: user.email },
          before,
          after: { disabled: isDisabled },
        });
        const orphaned: string[] = [];
        for (const { id, membershipId, name, role } of await store.people.listMembershipsOf(user.id))
          if (isDisabled && role === 'owner' && !(await store.members.hasOtherOwner(id, membershipId)))
            orphaned.push(name);
        return { orphaned };
      });
    },
  };
}

/** @throws ServiceError invalid_request. @returns the address without spaces around it */
export function readEmail(text: string): string {
  const email = text.trim();
  if (email.length > 254 || !/^[^@\s]+@[^@\s]+$/.test(email))
    throw new ServiceError('invalid_request', `"${text}" is no e-mail address.`);
  return email;
}

/** An organization that a person owns from its beginning. */
export async function createOwnedOrganization(store: Store, userId: string, name: string) {
  const organization = await store.people.createOrganization({ name, dataplaneId });
  await store.people.addMember(organization.id, userId, 'owner');
  return organization;
}

async function makeOwner(
  store: Store,
  owner: { email: string; passwordHash: string; organization: string },
): Promise<{ userId: string; created: boolean }> {
  await store.oneTimeLinks.lockSetup();
  await store.oneTimeLinks.removeUnusedSetupLinks();
  const known = await store.accounts.findByEmail(owner.email);
  const account = known ?? (await store.accounts.insert({ ...owner, name: null }));
  if (!account)
    throw new ServiceError('account_exists', `${owner.email} is the address of a service account.`);
  const target = { kind: 'person', id: account.id, name: account.email };
  if (known) {
    await writePassword(store, known, { hash: owner.passwordHash, by: 'operator', keep: null });
    return { userId: known.id, created: false };
  }
  await recordChange(store, { action: 'person.create', target, before: null, after: { by: 'operator' } });
  const { id, name } = await createOwnedOrganization(store, account.id, owner.organization);
  await recordChange(store, {
    action: 'organization.create',
    organizationId: id,
    target: { kind: 'organization', id, name },
    before: null,
    after: { owner: account.email },
  });
  return { userId: account.id, created: true };
}

/** Said to operators, who can make one. */
export function noAccount(email: string): ServiceError {
  return new ServiceError(
    'not_found',
    `There is no account ${email}. Make one with: pumphouse admin create-owner --email ${email} --password-stdin`,
  );
}
