import type { CreatedKey } from './keys.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { Permission } from '@pumphouse/contract';
import type { TestPerson } from '../testing/people-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createAuthorize } from '../people/authorize.ts';
import { createAccounts } from '../sign-in/accounts.ts';
import { createPeopleFixture, outcomesOf } from '../testing/people-fixture.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { requireUser } from '../sign-in/principal.ts';
import { listAuditEntries } from '../testing/audit-entries.ts';

let fixture: ServiceFixture;
let context: Awaited<ReturnType<typeof createPeopleFixture>>;
let workspaceId: string;
let owner: TestPerson;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  context = await createPeopleFixture(fixture);
  workspaceId = await context.createWorkspace();
  owner = await context.createPerson('member', { [workspaceId]: 'owner' });
});

const isGood = (secret: string) =>
  fixture.credentials.authenticateUser(secret).then(
    () => true,
    () => false,
  );
const refusal = { code: 'not_authenticated' };
const mine = { name: ' laptop ', days: null };
const daysLeft = ({ key }: CreatedKey) => Math.round((key.expiresAt.getTime() - Date.now()) / 86_400_000);

describe('a personal key', () => {
  it('acts as its owner for 90 days, is listed without its secret, and can be revoked at once', async () => {
    const created = await fixture.keys.createPersonal(owner.principal, mine);
    expect(created.secret).toMatch(/^dlt_u_/);
    expect(daysLeft(created)).toBe(90);
    const principal = requireUser(await fixture.credentials.authenticateUser(created.secret));
    expect(principal).toMatchObject({
      userId: owner.userId,
      credential: { kind: 'key', id: created.key.id },
    });
    const listed = await fixture.keys.listPersonal(owner.principal);
    expect(listed).toMatchObject([
      { id: created.key.id, name: 'laptop', prefix: created.secret.slice(0, 12) },
    ]);
    expect(JSON.stringify(listed)).not.toContain(created.secret);
    const dataplane = await fixture.credentials.issueDataplaneToken(principal, workspaceId);
    expect(await fixture.credentials.authenticateDataplane(dataplane.token)).toMatchObject({ workspaceId });

    await fixture.keys.revokePersonal(owner.principal, created.key.id);
    expect(await isGood(created.secret)).toBe(false);
    await expect(fixture.credentials.authenticateDataplane(dataplane.token)).rejects.toMatchObject(refusal);
    expect(await fixture.keys.listPersonal(owner.principal)).toEqual([]);
    const again = fixture.keys.revokePersonal(owner.principal, created.key.id);
    await expect(again).rejects.toMatchObject({ code: 'not_found' });
    const log = await listAuditEntries(fixture.store, { targetId: created.key.id });
    expect(log).toMatchObject([
      { action: 'key.create', targetName: 'laptop', organizationId: null, after: { kind: 'personal' } },
      { action: 'key.revoke', targetName: 'laptop', after: null },
    ]);
    expect(JSON.stringify(log)).not.toContain(created.secret);
  });

  it('can be revoked only by its owner', async () => {
    const { key, secret } = await fixture.keys.createPersonal(owner.principal, mine);
    const other = fixture.keys.revokePersonal(context.owner.principal, key.id);
    await expect(other).rejects.toMatchObject({ code: 'not_found' });
    expect(await isGood(secret)).toBe(true);
  });

  it('creates keys that end no later than itself', async () => {
    const first = await fixture.keys.createPersonal(owner.principal, { name: 'first', days: 30 });
    const asFirst = requireUser(await fixture.credentials.authenticateUser(first.secret));
    const longer = fixture.keys.createPersonal(asFirst, { name: 'longer', days: 31 });
    await expect(longer).rejects.toMatchObject({ code: 'invalid_request' });
    const second = await fixture.keys.createPersonal(asFirst, { name: 'second', days: null });
    expect(second.key.expiresAt).toEqual(first.key.expiresAt);
    const asSecond = requireUser(await fixture.credentials.authenticateUser(second.secret));
    const third = await fixture.keys.createOfWorkspace(asSecond, workspaceId, {
      name: 'third',
      days: 5,
      role: 'viewer',
    });
    const apart = await fixture.keys.createPersonal(owner.principal, { name: 'apart', days: 5 });
    await fixture.keys.revokePersonal(owner.principal, first.key.id);
    for (const { secret } of [first, second, third]) expect(await isGood(secret)).toBe(false);
    expect(await isGood(apart.secret)).toBe(true);
    const late = fixture.keys.createPersonal(asFirst, { name: 'late', days: 1 });
    await expect(late).rejects.toMatchObject(refusal);
  });

  it.each(Array.from({ length: 6 }, (_, round) => round))(
    'leaves no key that is created with it during its revocation (%i)',
    async () => {
      const parent = await fixture.keys.createPersonal(owner.principal, { name: 'parent', days: 30 });
      const asParent = requireUser(await fixture.credentials.authenticateUser(parent.secret));
      const made: CreatedKey[] = [];
      const outcomes = await outcomesOf([
        ...Array.from({ length: 3 }, async () => {
          made.push(await fixture.keys.createPersonal(asParent, { name: 'child', days: 1 }));
        }),
        fixture.keys.revokePersonal(owner.principal, parent.key.id),
      ]);
      expect(outcomes.filter((one) => one !== 'done' && one !== 'not_authenticated')).toEqual([]);
      for (const { secret } of made) expect(await isGood(secret)).toBe(false);
      expect(await fixture.keys.listPersonal(owner.principal)).toEqual([]);
    },
  );

  it('stops working when its owner is disabled, and works again when they are enabled', async () => {
    const { secret } = await fixture.keys.createPersonal(owner.principal, mine);
    const accounts = createAccounts(fixture.persistence);
    expect(await accounts.setDisabled(owner.email, true)).toEqual({ orphaned: [] });
    fixture.credentials.forget();
    expect(await isGood(secret)).toBe(false);
    await accounts.setDisabled(owner.email, false);
    fixture.credentials.forget();
    expect(await isGood(secret)).toBe(true);
    expect(await accounts.setDisabled(context.owner.email, true)).toEqual({ orphaned: ['Acme'] });
  });

  it('records its last use to the minute, asynchronously', async () => {
    const { key, secret } = await fixture.keys.createPersonal(owner.principal, mine);
    const note = vi.spyOn(fixture.store.keys, 'noteUse');
    expect((await fixture.store.keys.get(key.id))?.lastUsedAt).toBeNull();
    for (let call = 0; call < 5; call += 1) await fixture.credentials.authenticateUser(secret);
    expect(note).toHaveBeenCalledTimes(1);
    await expect.poll(async () => (await fixture.store.keys.get(key.id))?.lastUsedAt).toBeInstanceOf(Date);
    const usedAt = (await fixture.store.keys.get(key.id))?.lastUsedAt;
    // Another server records it too: nothing is written again within the minute.
    expect(await fixture.store.keys.noteUse(key.id)).toBe(0);
    expect((await fixture.store.keys.get(key.id))?.lastUsedAt).toEqual(usedAt);
    note.mockRestore();
  });

  it('works even if its use cannot be recorded', async () => {
    const { secret } = await fixture.keys.createPersonal(owner.principal, mine);
    const note = vi.spyOn(fixture.store.keys, 'noteUse').mockRejectedValue(new Error('the database is full'));
    expect(await isGood(secret)).toBe(true);
    expect(note).toHaveBeenCalledTimes(1);
    note.mockRestore();
  });
});

describe('a workspace key', () => {
  const wanted = { name: 'CI', days: 7, role: 'developer' as const };

  it('acts only in its workspace, with its role, and not after it is revoked', async () => {
    const created = await fixture.keys.createOfWorkspace(owner.principal, workspaceId, wanted);
    expect(created.secret).toMatch(/^dlt_sa_/);
    expect(daysLeft(created)).toBe(7);
    const principal = requireUser(await fixture.credentials.authenticateUser(created.secret));
    expect(principal.userId).not.toBe(owner.userId);
    expect(await context.roleIn(workspaceId, principal)).toBe('developer');
    const listed = await fixture.keys.listOfWorkspace(workspaceId);
    expect(listed).toMatchObject([
      { name: 'CI', role: 'developer', issuerEmail: owner.email, isIssuerOwner: true },
    ]);
    const people = await fixture.workspaceMembers.list(workspaceId, { limit: 10, offset: 0 }, null);
    // Both were created within one millisecond, so their order is arbitrary.
    expect(new Map(people.items.map(({ kind, name }) => [kind, name]))).toEqual(
      new Map([
        ['human', null],
        ['service_account', 'CI'],
      ]),
    );
    const other = await context.createWorkspace('Other');
    const elsewhere = fixture.keys.revokeOfWorkspace(other, created.key.id);
    await expect(elsewhere).rejects.toMatchObject({ code: 'not_found' });
    await fixture.keys.revokeOfWorkspace(workspaceId, created.key.id);
    expect(await isGood(created.secret)).toBe(false);
    expect(await context.roleIn(workspaceId, principal)).toBeNull();
    const after = await fixture.workspaceMembers.list(workspaceId, { limit: 10, offset: 0 }, null);
    expect(after.total).toBe(1);
  });

  it('stays when its issuer leaves, as its list shows', async () => {
    const created = await fixture.keys.createOfWorkspace(owner.principal, workspaceId, wanted);
    await fixture.members.remove(context.memberScope(owner), context.owner.principal);
    expect(await isGood(created.secret)).toBe(true);
    const [listed] = await fixture.keys.listOfWorkspace(workspaceId);
    expect(listed).toMatchObject({ issuerEmail: owner.email, isIssuerOwner: false });
  });

  it('is not a member whose role users could change, or whom they could remove', async () => {
    const { secret } = await fixture.keys.createOfWorkspace(owner.principal, workspaceId, wanted);
    const { userId } = requireUser(await fixture.credentials.authenticateUser(secret));
    const membership = await fixture.store.people.findMembership(context.organizationId, userId);
    const key = { membershipId: membership?.id ?? '' };
    const notFound = { code: 'not_found' };
    const by = context.owner.principal;
    await expect(fixture.members.setRole(context.memberScope(key), 'owner', by)).rejects.toMatchObject(
      notFound,
    );
    await expect(fixture.members.remove(context.memberScope(key), by)).rejects.toMatchObject(notFound);
    const set = fixture.workspaceMembers.set({ workspaceId, ...key }, 'owner', by);
    await expect(set).rejects.toMatchObject(notFound);
    await expect(fixture.members.leave(context.organizationId, { userId })).rejects.toMatchObject({
      code: 'no_account',
    });
    await expect(fixture.workspaceMembers.leave(workspaceId, { userId })).rejects.toMatchObject({
      code: 'no_account',
    });
  });

  it('has no account, and creates neither keys nor organizations', async () => {
    const { secret } = await fixture.keys.createOfWorkspace(owner.principal, workspaceId, wanted);
    const principal = requireUser(await fixture.credentials.authenticateUser(secret));
    const noAccount = { code: 'no_account' };
    await expect(fixture.keys.createPersonal(principal, mine)).rejects.toMatchObject(noAccount);
    await expect(fixture.keys.listPersonal(principal)).rejects.toMatchObject(noAccount);
    await expect(fixture.organizations.account(principal)).rejects.toMatchObject(noAccount);
    const organization = fixture.organizations.create(principal, { name: 'Mine', description: null });
    await expect(organization).rejects.toMatchObject(noAccount);
    const another = fixture.keys.createOfWorkspace(principal, workspaceId, wanted);
    await expect(another).rejects.toMatchObject({ code: 'not_found' });
  });

  it('can be created only by an owner of the workspace, while it is not archived', async () => {
    const developer = await context.createPerson('member', { [workspaceId]: 'developer' });
    for (const { principal } of [developer, context.owner]) {
      const made = fixture.keys.createOfWorkspace(principal, workspaceId, wanted);
      await expect(made).rejects.toMatchObject({ code: 'not_found' });
    }
    await fixture.workspaces.archive(workspaceId);
    const archived = fixture.keys.createOfWorkspace(owner.principal, workspaceId, wanted);
    await expect(archived).rejects.toMatchObject({ code: 'workspace_archived' });
  });
});

describe('the policy of an organization', () => {
  const dayMs = 86_400_000;
  const wanted = { name: 'CI', role: 'developer' as const };
  const allow = (maxKeyDays: number | null) =>
    fixture.organizations.update(context.organizationId, { maxKeyDays });
  /** Calls as if some days had passed since the key was created. */
  async function outcomeAfter(days: number, secret: string, permission: Permission = 'job.read') {
    const principal = await fixture.credentials.authenticateUser(secret);
    vi.useFakeTimers({ now: Date.now() + days * dayMs, toFake: ['Date'] });
    try {
      const scope = { workspaceId, organizationId: context.organizationId };
      return await createAuthorize(fixture.persistence)(principal, permission, scope).then(
        () => 'allowed',
        (error: unknown) => (error as { code?: string }).code,
      );
    } finally {
      vi.useRealTimers();
    }
  }

  it('shortens the default lifetime of workspace keys and refuses a longer one', async () => {
    await allow(30);
    expect(
      daysLeft(await fixture.keys.createOfWorkspace(owner.principal, workspaceId, { ...wanted, days: null })),
    ).toBe(30);
    expect(
      daysLeft(await fixture.keys.createOfWorkspace(owner.principal, workspaceId, { ...wanted, days: 7 })),
    ).toBe(7);
    const longer = fixture.keys.createOfWorkspace(owner.principal, workspaceId, { ...wanted, days: 31 });
    await expect(longer).rejects.toMatchObject({
      code: 'key_lifetime_refused',
      message: expect.stringContaining('at most 30'),
      extra: [{ key: 'days' }],
    });
    const byOperator = {
      email: owner.email,
      days: 31,
      workspace: { id: workspaceId, role: 'viewer' as const },
    };
    await expect(fixture.keys.create(byOperator)).rejects.toMatchObject({ code: 'key_lifetime_refused' });
    await fixture.keys.create({ ...byOperator, days: null });
    expect(await fixture.keys.listOfWorkspace(workspaceId)).toHaveLength(3);
  });

  it('ends older keys of all kinds in its workspaces, until it is removed', async () => {
    const ofWorkspace = await fixture.keys.createOfWorkspace(owner.principal, workspaceId, {
      ...wanted,
      days: 365,
    });
    const ofUser = await fixture.keys.createPersonal(owner.principal, { name: 'mine', days: 365 });
    await allow(10);
    for (const { secret } of [ofWorkspace, ofUser]) {
      expect(await outcomeAfter(9.9, secret)).toBe('allowed');
      expect(await outcomeAfter(10.1, secret)).toBe('key_too_old');
      expect(await outcomeAfter(10.1, secret, 'organization.read')).toBe('key_too_old');
    }
    const [listed] = await fixture.keys.listOfWorkspace(workspaceId);
    expect(listed?.expiresAt.getTime()).toBe(ofWorkspace.key.createdAt.getTime() + 10 * dayMs);
    await allow(null);
    for (const { secret } of [ofWorkspace, ofUser]) expect(await outcomeAfter(10.1, secret)).toBe('allowed');
  });

  it('counts the age of a key from the first of the keys that led to it', async () => {
    const root = await fixture.keys.createPersonal(owner.principal, { name: 'root', days: 100 });
    await allow(10);
    const asRoot = requireUser(await fixture.credentials.authenticateUser(root.secret));
    const child = await fixture.keys.createPersonal(asRoot, { name: 'child', days: 50 });
    const asChild = requireUser(await fixture.credentials.authenticateUser(child.secret));
    expect(asChild.credential?.createdAt).toEqual(root.key.createdAt);
    const grandchild = await fixture.keys.createOfWorkspace(asChild, workspaceId, { ...wanted, days: null });
    expect(grandchild.key.expiresAt.getTime()).toBe(root.key.createdAt.getTime() + 10 * dayMs);
  });

  it('does not reveal the organization to keys without access, nor limit sessions', async () => {
    const outsider = await context.createUser();
    const { secret } = await fixture.keys.createPersonal(outsider.principal, { name: 'out', days: 365 });
    await allow(1);
    expect(await outcomeAfter(2, secret)).toBe('not_found');
    expect(await outcomeAfter(2, secret, 'organization.read')).toBe('not_found');
    vi.useFakeTimers({ now: Date.now() + 2 * dayMs, toFake: ['Date'] });
    const signedIn = { ...owner.principal, credential: { kind: 'session' as const, id: owner.userId } };
    const allowed = createAuthorize(fixture.persistence)(signedIn, 'job.read', { workspaceId });
    await expect(allowed.finally(() => vi.useRealTimers())).resolves.toMatchObject({ principal: signedIn });
  });

  it('of the oldest organization limits keys of owners of the installation', async () => {
    const [oldest] = await fixture.store.people.listSharedOrganizations(1);
    const organizationId = oldest?.id ?? '';
    const user = await context.createUser();
    await fixture.store.people.addMember(organizationId, user.userId, 'owner');
    const { secret } = await fixture.keys.createPersonal(user.principal, { name: 'operator', days: 365 });
    expect(await outcomeAfter(6, secret, 'system.read')).toBe('allowed');
    await fixture.organizations.update(organizationId, { maxKeyDays: 5 });
    expect(await outcomeAfter(6, secret, 'system.read')).toBe('key_too_old');
    await fixture.organizations.update(organizationId, { maxKeyDays: null });
  });
});

describe('an operator', () => {
  it('creates, lists and revokes keys of all users', async () => {
    const { keys } = fixture;
    const personal = await keys.create({ email: owner.email, days: 1, name: 'night', workspace: null });
    const workspace = await keys.create({
      email: owner.email,
      days: 1,
      workspace: { id: workspaceId, role: 'viewer' },
    });
    const all = await keys.listAll({ email: owner.email.toUpperCase(), workspaceId: null });
    expect(all.map(({ kind, name }) => [kind, name])).toEqual([
      ['workspace', null],
      ['personal', 'night'],
    ]);
    expect((await keys.listAll({ email: null, workspaceId })).map(({ kind }) => kind)).toEqual(['workspace']);
    for (const secret of [personal, workspace]) {
      const prefix = all.find((key) => secret.startsWith(key.prefix))?.prefix ?? '';
      await keys.revokeByName(prefix);
      fixture.credentials.forget();
      expect(await isGood(secret)).toBe(false);
      await expect(keys.revokeByName(prefix)).rejects.toMatchObject({ code: 'not_found' });
    }
    await expect(
      keys.create({ email: 'nobody@example.com', days: 1, workspace: null }),
    ).rejects.toMatchObject({
      code: 'not_found',
    });
    for (const days of [0, 366, 1.5])
      await expect(keys.create({ email: owner.email, days, workspace: null })).rejects.toMatchObject({
        code: 'invalid_request',
      });
  });
});
