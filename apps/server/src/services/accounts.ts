import type { Persistence, Store } from '../store/store.ts';
import type { WorkspaceRole } from '../store/records.ts';
import type { Actor } from './audit.ts';
import { actAs, recordChange } from './audit.ts';
import { createKeySecret, createSecret, hashSecret } from './credentials.ts';
import { createPasswords } from './sign-in/passwords.ts';
import { dataplaneId } from './dataplane.ts';
import { findPasswordProblem } from '../domain/new-password.ts';
import { ServiceError } from './service-error.ts';

export type Accounts = ReturnType<typeof createAccounts>;

const longestKeyDays = 365;
const passwordLinkMinutes = 60;

const operator: Actor = {
  kind: 'operator',
  userId: null,
  email: null,
  keyId: null,
  address: null,
  userAgent: null,
};

/** What an operator does on the command line: the first account, and keys. */
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
      const problem = findPasswordProblem(owner.password, email);
      if (problem) throw new ServiceError('password_refused', problem);
      const passwordHash = await passwords.hash(owner.password);
      const work = (store: Store) =>
        makeOwner(store, { email, passwordHash, organization: owner.organization });
      return actAs(operator, () => persistence.transaction(work));
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
      await actAs(operator, () => persistence.transaction(work));
      return token;
    },

    /** A personal key, or a workspace key with a role of its own. @returns the secret, which is stored nowhere */
    async createKey(request: {
      email: string;
      days: number;
      workspace: { id: string; role: WorkspaceRole } | null;
    }): Promise<string> {
      if (!Number.isInteger(request.days) || request.days < 1 || request.days > longestKeyDays) {
        throw new ServiceError('invalid_request', `A key is good for 1 to ${longestKeyDays} days.`);
      }
      const { workspace } = request;
      const key = createKeySecret(workspace ? 'workspace' : 'personal');
      await persistence.transaction(async (store) => {
        const issuer = await findUser(store, request.email);
        const userId = workspace
          ? await createServiceAccount(store, issuer.id, workspace, key.prefix)
          : issuer.id;
        await store.people.createKey({
          kind: workspace ? 'workspace' : 'personal',
          secretHash: key.hash,
          prefix: key.prefix,
          userId,
          issuedBy: issuer.id,
          validDays: request.days,
        });
      });
      return key.secret;
    },
  };
}

async function createServiceAccount(
  store: Store,
  issuerId: string,
  target: { id: string; role: WorkspaceRole },
  prefix: string,
): Promise<string> {
  const access = await store.workspaces.findAccess(target.id, issuerId);
  if (access?.workspaceRole !== 'owner') {
    throw new ServiceError('not_found', `There is no workspace ${target.id} that this account owns.`);
  }
  const user = await store.people.createUser({
    email: `${prefix}@keys.invalid`,
    kind: 'service_account',
    passwordHash: null,
  });
  const membership = await store.people.addMember(access.workspace.organizationId, user.id, 'collaborator');
  await store.workspaces.addMember(target.id, membership.id, target.role);
  return user.id;
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
    await store.accounts.setPasswordHash(known.id, owner.passwordHash);
    await store.accounts.endSessions(known.id, 'account-changed', null);
    await recordChange(store, {
      action: 'person.set-password',
      target,
      before: null,
      after: { by: 'operator' },
    });
    return { userId: known.id, created: false };
  }
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

function noAccount(email: string): ServiceError {
  return new ServiceError(
    'not_found',
    `There is no account ${email}. Make one with: pumphouse admin create-owner --email ${email} --password-stdin`,
  );
}
