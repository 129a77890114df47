import type { Persistence, Store } from '../store/store.ts';
import type { UserRecord, WorkspaceRole } from '../store/records.ts';
import { argon2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { createKeySecret } from './credentials.ts';
import { dataplaneId } from './dataplane.ts';
import { recordChange } from './audit.ts';
import { ServiceError } from './service-error.ts';

export type Accounts = ReturnType<typeof createAccounts>;

const shortestPassword = 8;
const longestKeyDays = 365;

/** What an operator does on the command line: the first account, and keys. */
export function createAccounts(persistence: Persistence) {
  async function findUser(store: Store, email: string) {
    const user = await store.people.findUserByEmail(email);
    if (!user)
      throw new ServiceError(
        'not_found',
        `There is no account ${email}. Make one with: pumphouse admin create-owner --email ${email} --password-stdin`,
      );
    return user;
  }

  return {
    /** An account that owns an organization. The same e-mail again sets a new password and makes no second organization. */
    async createOwner(owner: { email: string; password: string; organization: string }) {
      const email = owner.email.trim();
      if (!/^[^@\s]+@[^@\s]+$/.test(email))
        throw new ServiceError('invalid_request', `"${owner.email}" is no e-mail address.`);
      if (owner.password.length < shortestPassword) {
        throw new ServiceError(
          'invalid_request',
          `The password has to have at least ${shortestPassword} characters.`,
        );
      }
      const passwordHash = await hashPassword(owner.password);
      return persistence.transaction(async (store) => {
        const known = await store.people.findUserByEmail(email);
        if (known) {
          await store.people.setPasswordHash(known.id, passwordHash);
          await recordUser(store, known, 'user.set-password');
          return { userId: known.id, created: false };
        }
        const user = await store.people.createUser({ email, kind: 'human', passwordHash });
        const organization = await store.people.createOrganization({ name: owner.organization, dataplaneId });
        await store.people.addMember(organization.id, user.id, 'owner');
        await recordUser(store, user, 'user.create');
        await recordChange(store, {
          organizationId: organization.id,
          action: 'organization.create',
          target: { kind: 'organization', id: organization.id, name: organization.name },
          before: null,
          after: { owner: email },
        });
        return { userId: user.id, created: true };
      });
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
        const kind = workspace ? 'workspace' : 'personal';
        await store.people.createKey({
          kind,
          secretHash: key.hash,
          prefix: key.prefix,
          userId,
          issuedBy: issuer.id,
          validDays: request.days,
        });
        await recordChange(store, {
          workspaceId: workspace?.id ?? null,
          action: 'key.create',
          target: { kind: 'key', id: null, name: key.prefix },
          before: null,
          after: { kind, user: request.email, role: workspace?.role ?? null, days: request.days },
        });
      });
      return key.secret;
    },
  };
}

/** Belongs to no organization: the account is the person's in all of them. */
function recordUser(store: Store, { id, email }: UserRecord, action: string): Promise<void> {
  const target = { kind: 'user', id, name: email };
  return recordChange(store, { action, target, before: null, after: null });
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

const deriveArgon2 = promisify(argon2);

/** argon2id with the parameters of RFC 9106's second recommendation (64 MiB, 3 passes, 4 lanes), as a PHC string. */
async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(16);
  const settings = { memory: 64 * 1024, passes: 3, parallelism: 4 };
  const hash = await deriveArgon2('argon2id', { message: password, nonce, tagLength: 32, ...settings });
  const encode = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
  return `$argon2id$v=19$m=${settings.memory},t=${settings.passes},p=${settings.parallelism}$${encode(nonce)}$${encode(hash)}`;
}
