import type { ServiceFixture } from '../testing/service-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createPeopleFixture, outcomesOf } from '../testing/people-fixture.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { requireUser } from '../sign-in/principal.ts';

let fixture: ServiceFixture;
let context: Awaited<ReturnType<typeof createPeopleFixture>>;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  context = await createPeopleFixture(fixture);
});

describe('the role in an organization', () => {
  it('can be set by an owner, and is audited', async () => {
    const member = await context.createPerson('member');
    const changed = await fixture.members.setRole(
      context.memberScope(member),
      'owner',
      context.owner.principal,
    );
    expect(changed).toMatchObject({ email: member.email, role: 'owner' });
    expect((await context.readRoles())[member.email]).toBe('owner');
    expect(await context.readLog()).toEqual([`member.set-role ${member.email}`]);
    await fixture.members.setRole(context.memberScope(member), 'owner', context.owner.principal);
    expect(await context.readLog()).toHaveLength(1);
  });

  it('cannot be set by others, nor by the member themselves', async () => {
    const member = await context.createPerson('member');
    const { owner } = context;
    const set: typeof fixture.members.setRole = (...call) => fixture.members.setRole(...call);
    await expect(set(context.memberScope(owner), 'member', member.principal)).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(set(context.memberScope(member), 'owner', member.principal)).rejects.toMatchObject({
      code: 'forbidden',
    });
    await expect(set(context.memberScope(owner), 'member', owner.principal)).rejects.toMatchObject({
      code: 'own_role',
    });
    const other = await createPeopleFixture(fixture);
    await expect(set(context.memberScope(other.owner), 'member', owner.principal)).rejects.toMatchObject({
      code: 'not_found',
    });
    expect(await context.readLog()).toEqual([]);
  });

  it('cannot be collaborator without a workspace', async () => {
    const member = await context.createPerson('member');
    const set = () =>
      fixture.members.setRole(context.memberScope(member), 'collaborator', context.owner.principal);
    await expect(set()).rejects.toMatchObject({ code: 'invalid_request' });
    const workspaceId = await context.createWorkspace();
    await fixture.workspaceMembers.set(
      { workspaceId, membershipId: member.membershipId },
      'viewer',
      context.owner.principal,
    );
    expect(await set()).toMatchObject({ role: 'collaborator' });
  });

  it.each(Array.from({ length: 8 }, (_, round) => round))(
    'stays with one of two owners who demote each other concurrently (%i)',
    async () => {
      const other = await context.createPerson('owner');
      const outcomes = await outcomesOf([
        fixture.members.setRole(context.memberScope(other), 'member', context.owner.principal),
        fixture.members.setRole(context.memberScope(context.owner), 'member', other.principal),
      ]);
      expect(outcomes).toEqual(['done', 'forbidden']);
      expect(Object.values(await context.readRoles()).toSorted()).toEqual(['member', 'owner']);
    },
  );
});

describe('the last owner', () => {
  it('cannot leave, and cannot be demoted or removed by an operator', async () => {
    await context.createPerson('member');
    const { owner, organizationId } = context;
    const lastOwner = { code: 'last_owner' };
    await expect(fixture.members.leave(organizationId, owner)).rejects.toMatchObject(lastOwner);
    await expect(fixture.members.setRole(context.memberScope(owner), 'member', null)).rejects.toMatchObject(
      lastOwner,
    );
    await expect(fixture.members.remove(context.memberScope(owner), null)).rejects.toMatchObject(lastOwner);
  });

  it('is the last one who can act: a disabled account does not count', async () => {
    const other = await context.createPerson('owner');
    await fixture.store.people.setDisabled(other.userId, true);
    await expect(fixture.members.leave(context.organizationId, context.owner)).rejects.toMatchObject({
      code: 'last_owner',
    });
    await fixture.store.people.setDisabled(other.userId, false);
    await fixture.members.leave(context.organizationId, context.owner);
    expect(await context.readRoles()).toEqual({ [other.email]: 'owner' });
  });

  it.each(Array.from({ length: 8 }, (_, round) => round))(
    'is one of two who leave concurrently (%i)',
    async () => {
      const other = await context.createPerson('owner');
      const outcomes = await outcomesOf(
        [context.owner, other].map((person) => fixture.members.leave(context.organizationId, person)),
      );
      expect(outcomes).toEqual(['done', 'last_owner']);
      expect(Object.values(await context.readRoles())).toEqual(['owner']);
    },
  );
});

describe('a removed member', () => {
  it('keeps no workspace and no invitation there, and their key works only elsewhere', async () => {
    const workspaceId = await context.createWorkspace();
    const leaver = await context.createPerson('owner', { [workspaceId]: 'owner' });
    const elsewhere = await createPeopleFixture(fixture);
    await fixture.store.people.addMember(elsewhere.organizationId, leaver.userId, 'member');
    const { organizationId } = context;
    const invited = { organizationId, email: 'friend@example.com', role: 'owner' as const, workspaces: [] };
    const { link } = await fixture.invitations.create(leaver.principal, invited, 'http://p');
    const { secret } = await fixture.keys.createPersonal(leaver.principal, { name: 'mine', days: null });

    await fixture.members.remove(context.memberScope(leaver), context.owner.principal);

    expect(await context.roleIn(workspaceId, leaver)).toBeNull();
    expect(await context.readRoles()).toEqual({ [context.owner.email]: 'owner' });
    const token = new URL(link).searchParams.get('token') ?? '';
    await expect(fixture.invitations.describe(token)).rejects.toMatchObject({ code: 'invitation_not_good' });
    const { userId } = requireUser(await fixture.credentials.authenticateUser(secret));
    const organizations = await fixture.store.people.listOrganizationsOf(userId);
    expect(organizations.map(({ id }) => id)).toEqual([elsewhere.organizationId]);
    expect((await context.readLog()).slice(-2)).toEqual([
      'invitation.revoke friend@example.com',
      `member.remove ${leaver.email}`,
    ]);
  });

  it('is never the caller, and is not removed by a plain member', async () => {
    const member = await context.createPerson('member');
    await expect(
      fixture.members.remove(context.memberScope(context.owner), context.owner.principal),
    ).rejects.toMatchObject({
      code: 'own_role',
    });
    await expect(
      fixture.members.remove(context.memberScope(context.owner), member.principal),
    ).rejects.toMatchObject({
      code: 'forbidden',
    });
  });
});

describe('a list of members', () => {
  it('contains users with their explicit workspaces, and no keys', async () => {
    const [sales, billing] = [
      await context.createWorkspace('Sales'),
      await context.createWorkspace('billing'),
    ];
    const collaborator = await context.createPerson('collaborator', {
      [sales]: 'viewer',
      [billing]: 'developer',
    });
    const owner = await context.createPerson('member', { [sales]: 'owner' });
    await fixture.keys.createOfWorkspace(owner.principal, sales, { name: 'CI', days: null, role: 'viewer' });
    const all = await fixture.members.list(context.organizationId, { limit: 10, offset: 0 });
    expect(all.items.map(({ email }) => email)).toEqual([
      context.owner.email,
      collaborator.email,
      owner.email,
    ]);
    expect(all.items[1]?.workspaces).toMatchObject([
      { workspaceId: billing, name: 'billing', role: 'developer' },
      { workspaceId: sales, name: 'Sales', role: 'viewer' },
    ]);
    const second = await fixture.members.list(context.organizationId, { limit: 1, offset: 1 });
    expect(second).toMatchObject({ total: 3, items: [{ email: collaborator.email }] });
  });
});

it('lets an operator give an organization an owner again', async () => {
  const member = await context.createPerson('member');
  const stranger = await context.createUser();
  await fixture.members.put(context.organizationId, member.email, 'owner');
  await fixture.members.put(context.organizationId, stranger.email.toUpperCase(), 'owner');
  expect(await context.readRoles()).toEqual({
    [context.owner.email]: 'owner',
    [member.email]: 'owner',
    [stranger.email]: 'owner',
  });
  await expect(
    fixture.members.put(context.organizationId, 'nobody@example.com', 'owner'),
  ).rejects.toMatchObject({
    code: 'not_found',
  });
});
