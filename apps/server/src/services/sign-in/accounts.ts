import type { Persistence, Store } from '../../store/store.ts';
import { recordChange } from '../audit/audit.ts';
import { createSecret, hashSecret } from './credentials.ts';
import { createPasswords, type Passwords } from './passwords.ts';
import { dataplaneId } from './dataplane.ts';
import { holdOrganization } from '../people/people-rules.ts';
import { requireGoodPassword, writePassword } from './set-password.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** The stores that this use case touches. */
type Stores = 'accounts' | 'auditLog' | 'oneTimeLinks' | 'organizationLimits' | 'people' | 'signInRequests';

export type Accounts = ReturnType<typeof createAccounts>;

/**
 * The result of `create-owner`: a new organization, a membership in an existing one, or a new password for an
 * existing account.
 */
export type CreatedOwner =
  | { userId: string; outcome: 'created' | 'joined'; organization: string }
  | { userId: string; outcome: 'password'; organization: null };

const passwordLinkMinutes = 60;
const firstOrganization = 'Default';
/** Maximum number of names in an error message; users would not read more. */
const maxListedOrganizations = 10;

/** Account operations on the command line: creating the first account, and disabling accounts. */
export function createAccounts(
  persistence: Persistence<
    'accounts' | 'auditLog' | 'members' | 'oneTimeLinks' | 'organizationLimits' | 'people' | 'signInRequests'
  >,
  passwords: Passwords = createPasswords(),
) {
  async function findUser(store: Pick<Store, 'people'>, email: string) {
    const user = await store.people.findUserByEmail(email);
    if (!user) throw noAccount(email);
    return user;
  }

  return {
    /**
     * Creates an account that owns an organization: the named one, otherwise the only one of the server,
     * otherwise a new one. For an existing account, only sets its password.
     * @throws ServiceError invalid_request if it is ambiguous which organization is meant
     */
    async createOwner(owner: {
      email: string;
      password: string;
      organization: string | null;
    }): Promise<CreatedOwner> {
      const email = readEmail(owner.email);
      requireGoodPassword(owner.password, email);
      const passwordHash = await passwords.hash(owner.password);
      const work = (store: Pick<Store, Stores>) =>
        makeOwner(store, { email, passwordHash, organization: owner.organization });
      return persistence.transaction(work);
    },

    /**
     * Creates the secret of a link that sets a new password, once, within the hour: for users who cannot sign
     * in.
     */
    async createPasswordLink(email: string): Promise<string> {
      const token = createSecret('');
      const work = async (store: Pick<Store, 'accounts' | 'auditLog' | 'oneTimeLinks'>) => {
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
     * Disables an account at once: all its keys, sessions and tokens stop working. Once it is enabled again,
     * they work as before.
     * @returns the names of organizations of which it was the last owner who could act
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

/**
 * @returns the address without surrounding spaces
 * @throws ServiceError invalid_request
 */
export function readEmail(text: string): string {
  const email = text.trim();
  if (email.length > 254 || !/^[^@\s]+@[^@\s]+$/.test(email))
    throw new ServiceError('invalid_request', `"${text}" is not an e-mail address.`);
  return email;
}

/** Creates an organization with a first owner. */
export async function createOwnedOrganization(store: Pick<Store, 'people'>, userId: string, name: string) {
  const organization = await store.people.createOrganization({ name, dataplaneId });
  await store.people.addMember(organization.id, userId, 'owner');
  return organization;
}

async function makeOwner(
  store: Pick<Store, Stores>,
  owner: { email: string; passwordHash: string; organization: string | null },
): Promise<CreatedOwner> {
  // The set-up link takes the same lock, so that the link and this command never create two organizations.
  await store.oneTimeLinks.lockSetup();
  await store.oneTimeLinks.removeUnusedSetupLinks();
  const existing = await store.accounts.findByEmail(owner.email);
  if (existing) {
    await writePassword(store, existing, { hash: owner.passwordHash, by: 'operator', keep: null });
    return { userId: existing.id, outcome: 'password', organization: null };
  }
  const choice = await chooseOrganization(store, owner.organization);
  const account = await store.accounts.insert({ ...owner, name: null });
  if (!account)
    throw new ServiceError('account_exists', `${owner.email} is the address of a service account.`);
  const target = { kind: 'person', id: account.id, name: account.email };
  await recordChange(store, { action: 'person.create', target, before: null, after: { by: 'operator' } });
  const outcome = choice.id === null ? 'created' : 'joined';
  if (choice.id === null) await createRecordedOrganization(store, account, choice.name);
  else await joinAsOwner(store, account, choice.id);
  return { userId: account.id, outcome, organization: choice.name };
}

/**
 * Chooses the organization of a new owner; a null id means a new one.
 * @throws ServiceError invalid_request
 */
async function chooseOrganization(
  store: Pick<Store, 'organizationLimits' | 'people'>,
  named: string | null,
): Promise<{ id: string | null; name: string }> {
  if (named !== null) {
    const [found, ...others] = await store.organizationLimits.find(named);
    if (others.length > 0)
      throw new ServiceError(
        'invalid_request',
        `Several organizations are called "${named}". Give the id of one: ${[found, ...others].map((each) => each?.id).join(', ')}.`,
      );
    return found ?? { id: null, name: named };
  }
  const organizations = await store.people.listSharedOrganizations(maxListedOrganizations + 1);
  const [only, ...others] = organizations;
  if (others.length === 0) return only ?? { id: null, name: firstOrganization };
  const names = organizations.slice(0, maxListedOrganizations).map(({ name }) => `"${name}"`);
  const count = organizations.length > names.length ? `more than ${names.length}` : names.length;
  throw new ServiceError(
    'invalid_request',
    `This server has ${count} organizations: ${names.join(', ')}. Name the one to own: --organization NAME.`,
  );
}

async function createRecordedOrganization(
  store: Pick<Store, 'auditLog' | 'people'>,
  account: { id: string; email: string },
  name: string,
): Promise<void> {
  const { id } = await createOwnedOrganization(store, account.id, name);
  await recordChange(store, {
    action: 'organization.create',
    organizationId: id,
    target: { kind: 'organization', id, name },
    before: null,
    after: { owner: account.email },
  });
}

async function joinAsOwner(
  store: Pick<Store, 'auditLog' | 'people'>,
  account: { id: string; email: string },
  organizationId: string,
): Promise<void> {
  await holdOrganization(store, organizationId);
  const { id } = await store.people.addMember(organizationId, account.id, 'owner');
  await recordChange(store, {
    action: 'member.add',
    organizationId,
    target: { kind: 'member', id, name: account.email },
    before: null,
    after: { role: 'owner' },
  });
}

/** Creates an error for operators, who can create the account. */
export function noAccount(email: string): ServiceError {
  return new ServiceError(
    'not_found',
    `There is no account ${email}. Make one with: pumphouse admin create-owner --email ${email} --password-stdin`,
  );
}
