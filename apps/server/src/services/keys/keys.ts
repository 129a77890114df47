import type { KeyRecord, ListedKey, WorkspaceRecord } from '../../store/records.ts';
import type { Persistence, Store } from '../../store/store.ts';
import type { UserPrincipal } from '../sign-in/principal.ts';
import type { WorkspaceKeyRole } from '@pumphouse/contract';
import { maxKeyDays } from '@pumphouse/contract';
import { randomUUID } from 'node:crypto';
import { chooseKeyDays } from '../../domain/keys/key-policy.ts';
import { createKeySecret } from '../sign-in/credentials.ts';
import { noAccount } from '../sign-in/accounts.ts';
import { holdOrganizationOf, refusePlayground } from '../people/people-rules.ts';
import { recordChange } from '../audit/audit.ts';
import { ServiceError } from '../../platform/service-error.ts';
import { refuseArchived } from '../workspaces/open-workspace.ts';

/** The stores that this use case touches. */
type Stores = 'auditLog' | 'keys' | 'members' | 'people' | 'workspaces';

/** A key that was just created. The secret is never stored. */
export interface CreatedKey {
  key: ListedKey;
  secret: string;
}

/** The creator of a key: the user, and the key used for the request, if any. */
interface Issuer {
  userId: string;
  email: string;
  madeWith: string | null;
}

export type Keys = ReturnType<typeof createKeys>;

/**
 * Manages personal keys, which act as their user, and workspace keys, which act as separate users. A key
 * created with another key ends with it: otherwise a leaked key could be used to keep access after its
 * revocation.
 * @param forget clears the server's cache of credentials
 */
export function createKeys(persistence: Persistence<Stores>, forget: () => void = () => undefined) {
  const { store } = persistence;

  async function revoke(keyId: string, isRevocable: (key: ListedKey) => boolean): Promise<void> {
    await persistence.transaction(async (tx) => {
      const key = await tx.keys.get(keyId);
      if (!key || key.revokedAt || !isRevocable(key))
        throw new ServiceError('not_found', `There is no key ${keyId}.`);
      await endKey(tx, key);
    });
    forget();
  }

  return {
    /** @throws ServiceError no_account for a workspace key */
    async listPersonal({ userId }: UserPrincipal): Promise<ListedKey[]> {
      await requirePerson(store, userId);
      return store.keys.listOfUser(userId);
    },

    /**
     * @param wanted.days null for 90, or until the creating key ends
     * @throws ServiceError no_account for a workspace key; invalid_request if it would outlive the key that
     * creates it
     */
    createPersonal(
      principal: UserPrincipal,
      wanted: { name: string; days: number | null },
    ): Promise<CreatedKey> {
      return persistence.transaction(async (tx) => {
        await requirePerson(tx, principal.userId);
        const { userId } = principal;
        return insertKey(tx, issuerOf(principal), { ...wanted, maxDays: null, userId, workspace: null });
      });
    },

    /**
     * Revokes any key of the user, whatever created it.
     * @throws ServiceError not_found
     */
    revokePersonal: ({ userId }: UserPrincipal, keyId: string): Promise<void> =>
      revoke(keyId, (key) => key.kind === 'personal' && key.userId === userId),

    listOfWorkspace: (workspaceId: string): Promise<ListedKey[]> => store.keys.listOfWorkspace(workspaceId),

    /**
     * @throws ServiceError not_found if the issuer does not own the workspace; workspace_archived,
     * playground_workspace, key_lifetime_refused, invalid_request
     */
    createOfWorkspace(
      principal: UserPrincipal,
      workspaceId: string,
      wanted: { name: string; days: number | null; role: WorkspaceKeyRole },
    ): Promise<CreatedKey> {
      return persistence.transaction((tx) =>
        insertWorkspaceKey(tx, issuerOf(principal), workspaceId, wanted),
      );
    },

    /** @throws ServiceError not_found */
    revokeOfWorkspace: (workspaceId: string, keyId: string): Promise<void> =>
      revoke(keyId, (key) => key.workspaceId === workspaceId),

    /**
     * For operators: creates a key of an account, or one of a workspace that the account owns.
     * @param request.days null for 90, or for the shorter maximum of the workspace's organization
     * @returns the secret
     */
    async create(request: {
      email: string;
      days: number | null;
      name?: string | null;
      workspace: { id: string; role: WorkspaceKeyRole } | null;
    }): Promise<string> {
      if (request.days !== null && !isKeyLifetime(request.days))
        throw new ServiceError('invalid_request', `A key is valid for 1 to ${maxKeyDays} days.`);
      const { workspace, days, name = null } = request;
      const { secret } = await persistence.transaction(async (tx) => {
        const user = await tx.people.findUserByEmail(request.email);
        if (user?.kind !== 'human') throw noAccount(request.email);
        const issuer = { userId: user.id, email: user.email, madeWith: null };
        return workspace
          ? insertWorkspaceKey(tx, issuer, workspace.id, { name, days, role: workspace.role })
          : insertKey(tx, issuer, { name, days, maxDays: null, userId: user.id, workspace: null });
      });
      return secret;
    },

    /** For operators: lists all keys that are not revoked, of an account, a workspace, or everyone. */
    listAll: (filter: { email: string | null; workspaceId: string | null }): Promise<ListedKey[]> =>
      store.keys.listAll(filter),

    /**
     * For operators: revokes a key.
     * @param idOrPrefix as shown in lists of keys
     * @throws ServiceError not_found; invalid_request if it is ambiguous
     */
    async revokeByName(idOrPrefix: string): Promise<ListedKey> {
      const found = (await store.keys.findByName(idOrPrefix)).filter((key) => !key.revokedAt);
      const [key, ...others] = found;
      if (!key)
        throw new ServiceError('not_found', `There is no key "${idOrPrefix}", or it is already revoked.`);
      if (others.length > 0) {
        const ids = found.map(({ id }) => id).join(', ');
        throw new ServiceError(
          'invalid_request',
          `Several keys begin with "${idOrPrefix}"; give the id of one: ${ids}.`,
        );
      }
      await revoke(key.id, () => true);
      return key;
    },
  };
}

function issuerOf({ userId, email, credential }: UserPrincipal): Issuer {
  return { userId, email, madeWith: credential?.kind === 'key' ? credential.id : null };
}

async function requirePerson(store: Pick<Store, 'people'>, userId: string): Promise<void> {
  const user = await store.people.getUser(userId);
  if (user?.kind !== 'human')
    throw new ServiceError('no_account', 'A workspace key has no account and cannot create keys.');
}

async function insertWorkspaceKey(
  store: Pick<Store, 'auditLog' | 'keys' | 'people' | 'workspaces'>,
  issuer: Issuer,
  workspaceId: string,
  wanted: { name: string | null; days: number | null; role: WorkspaceKeyRole },
): Promise<CreatedKey> {
  const missing = new ServiceError(
    'not_found',
    `There is no workspace ${workspaceId} that ${issuer.email} owns.`,
  );
  if (!(await store.workspaces.findAccess(workspaceId, issuer.userId))) throw missing;
  const workspace = await holdOrganizationOf(store, workspaceId);
  const access = await store.workspaces.findAccess(workspaceId, issuer.userId);
  if (access?.workspaceRole !== 'owner') throw missing;
  refusePlayground(workspace, 'A playground has one member. Use a personal key there.');
  refuseArchived(workspace);
  const user = await store.people.createUser({
    email: `${randomUUID()}@keys.invalid`,
    kind: 'service_account',
    passwordHash: null,
    name: wanted.name?.trim() ?? null,
  });
  const membership = await store.people.addMember(workspace.organizationId, user.id, 'collaborator');
  await store.workspaces.addMember(workspaceId, membership.id, wanted.role);
  const { maxKeyDays: maxDays } = access;
  return insertKey(store, issuer, { ...wanted, maxDays, userId: user.id, workspace });
}

const isKeyLifetime = (days: number) => Number.isInteger(days) && days >= 1 && days <= maxKeyDays;

/** @throws ServiceError key_lifetime_refused */
function requireKeyDays(askedDays: number | null, maxDays: number | null): number {
  const days = chooseKeyDays(askedDays, maxDays);
  if (days !== null) return days;
  const message = `must be at most ${maxDays}: the organization limits the lifetime of keys`;
  throw new ServiceError('key_lifetime_refused', `The lifetime of the key ${message}.`, [
    { key: 'days', message },
  ]);
}

async function insertKey(
  store: Pick<Store, 'auditLog' | 'keys'>,
  issuer: Issuer,
  wanted: {
    name: string | null;
    days: number | null;
    /** The maximum of the workspace's organization. */
    maxDays: number | null;
    userId: string;
    workspace: WorkspaceRecord | null;
  },
): Promise<CreatedKey> {
  const { workspace, userId, days, maxDays } = wanted;
  await checkParent(store, issuer, days);
  const validDays = requireKeyDays(days, maxDays);
  const kind: KeyRecord['kind'] = workspace ? 'workspace' : 'personal';
  const { secret, hash, prefix } = createKeySecret(kind);
  const id = await store.keys.create({
    kind,
    secretHash: hash,
    prefix,
    userId,
    issuedBy: issuer.userId,
    validDays,
    name: wanted.name?.trim() ?? null,
    workspaceId: workspace?.id ?? null,
    madeWith: issuer.madeWith,
  });
  const key = await store.keys.get(id);
  if (!key) throw new Error(`The key ${id} is not there after it was made`);
  await recordChange(store, {
    action: 'key.create',
    organizationId: workspace?.organizationId ?? null,
    workspaceId: workspace?.id ?? null,
    target: { kind: 'key', id, name: key.name ?? key.prefix },
    before: null,
    after: { kind, prefix, role: key.role, expires_at: key.expiresAt },
  });
  return { key, secret };
}

/** Requires that the creating key is still valid and does not end before the new key. */
async function checkParent(
  store: Pick<Store, 'keys'>,
  { madeWith }: Issuer,
  days: number | null,
): Promise<void> {
  if (!madeWith) return;
  const parent = await store.keys.hold(madeWith);
  if (!parent || parent.revokedAt) throw new ServiceError('not_authenticated', 'The key is no longer valid.');
  const daysLeft = Math.floor((parent.expiresAt.getTime() - Date.now()) / 86_400_000);
  if (days === null || days <= daysLeft) return;
  const message = `must be at most ${daysLeft}: the key that creates it expires at ${parent.expiresAt.toISOString()}. Sign in to create a key that lasts longer`;
  throw new ServiceError('invalid_request', `The body is not valid: days: ${message}.`, [
    { key: 'days', message },
  ]);
}

/** Revokes a key and all keys created with it. The user of a workspace key leaves its workspace. */
async function endKey(store: Pick<Store, Stores>, key: ListedKey): Promise<void> {
  // A key that was being created with one of these during the first pass is found in the next one.
  for (
    let ended = await store.keys.revoke(key.id);
    ended.length > 0;
    ended = await store.keys.revoke(key.id)
  ) {
    for (const { id, kind, userId } of ended) {
      const described = id === key.id ? key : await store.keys.get(id);
      const workspace = described?.workspaceId
        ? await store.workspaces.get(described.workspaceId)
        : undefined;
      if (kind === 'workspace')
        for (const { membershipId } of await store.people.listMembershipsOf(userId))
          await store.members.remove(membershipId);
      await recordChange(store, {
        action: 'key.revoke',
        organizationId: workspace?.organizationId ?? null,
        workspaceId: workspace?.id ?? null,
        target: { kind: 'key', id, name: described?.name ?? described?.prefix ?? null },
        before: { kind, prefix: described?.prefix, role: described?.role },
        after: null,
      });
    }
  }
}
