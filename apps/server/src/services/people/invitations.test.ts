import type { InvitedWorkspace, OrganizationRole } from '../../store/records.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { TestPerson } from '../testing/people-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createPeopleFixture, outcomesOf } from '../testing/people-fixture.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { ago, fromNow } from '../../../../../testing/fixtures/relative-times.ts';
import { setColumns } from '../../store/postgres/testing/set-columns.ts';

let fixture: ServiceFixture;
let context: Awaited<ReturnType<typeof createPeopleFixture>>;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  context = await createPeopleFixture(fixture);
});

const origin = 'https://pump.example.com/house';

/** @returns the token of the link */
async function invite(
  email: string,
  role: OrganizationRole,
  workspaces: InvitedWorkspace[] = [],
  inviter: TestPerson = context.owner,
): Promise<string> {
  const wanted = { organizationId: context.organizationId, email, role, workspaces };
  const { link } = await fixture.invitations.create(inviter.principal, wanted, origin);
  return new URL(link).searchParams.get('token') ?? '';
}

async function inviteToWorkspace(
  workspaceId: string,
  email: string,
  role: 'owner' | 'developer' | 'viewer',
  inviter: TestPerson,
): Promise<string> {
  const wanted = { workspaceId, email, role };
  const { link } = await fixture.invitations.createToWorkspace(inviter.principal, wanted, origin);
  return new URL(link).searchParams.get('token') ?? '';
}

const age = (columns: { expiresAt?: Date; revokedAt?: Date }) =>
  setColumns(fixture.database, 'invitations', columns, { organizationId: context.organizationId });

const notGood = (why: RegExp) => ({
  code: 'invitation_not_good',
  message: expect.stringMatching(why) as string,
});

describe('an invitation', () => {
  it('adds a member with what it offers, once', async () => {
    const workspaceId = await context.createWorkspace('Sales');
    const user = await context.createUser('Analyst@Example.com');
    const token = await invite('analyst@example.com', 'member', [{ workspaceId, role: 'developer' }]);
    const described = await fixture.invitations.describe(token);
    expect(described).toMatchObject({
      email: 'analyst@example.com',
      organizationName: 'Acme',
      role: 'member',
      workspaces: [{ workspaceId, name: 'Sales', role: 'developer' }],
      inviterEmail: context.owner.email,
      hasAccount: true,
    });
    const days = (described.expiresAt.getTime() - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(13.99);
    expect(days).toBeLessThanOrEqual(14);

    const accepted = await fixture.invitations.accept(null, token, user.userId);
    expect(accepted).toMatchObject({ organizationId: context.organizationId, role: 'member' });
    expect((await context.readRoles())[user.email]).toBe('member');
    expect(await context.roleIn(workspaceId, user)).toBe('developer');
    expect(await context.readLog()).toEqual([
      'invitation.create analyst@example.com',
      'invitation.accept analyst@example.com',
    ]);
    await expect(fixture.invitations.describe(token)).rejects.toMatchObject(notGood(/already accepted/));
    // A repeated click.
    expect(await fixture.invitations.accept(null, token, user.userId)).toEqual(accepted);
    expect(await context.readLog()).toHaveLength(2);
    await fixture.members.remove({ ...context.memberScope(accepted) }, context.owner.principal);
    await expect(fixture.invitations.accept(null, token, user.userId)).rejects.toMatchObject(
      notGood(/already accepted/),
    );
  });

  it('joins the transaction that creates the account', async () => {
    const token = await invite('new@example.com', 'member');
    expect(await fixture.invitations.describe(token)).toMatchObject({ hasAccount: false });
    const enter = (mustFail: boolean) =>
      fixture.persistence.transaction(async (tx) => {
        const user = await tx.people.createUser({
          email: 'new@example.com',
          kind: 'human',
          passwordHash: 'x',
        });
        await fixture.invitations.accept(tx, token, user.id);
        if (mustFail) throw new Error('the password was too short');
      });
    await expect(enter(true)).rejects.toThrow('too short');
    expect(Object.keys(await context.readRoles())).toEqual([context.owner.email]);
    await enter(false);
    expect((await context.readRoles())['new@example.com']).toBe('member');
  });

  it('can be accepted only by the account with its address', async () => {
    const token = await invite('analyst@example.net', 'owner');
    const [other, analyst] = [await context.createUser(), await context.createUser('analyst@example.net')];
    await expect(fixture.invitations.accept(null, token, other.userId)).rejects.toMatchObject({
      code: 'invitation_for_another',
    });
    await fixture.store.people.setDisabled(analyst.userId, true);
    await expect(fixture.invitations.accept(null, token, analyst.userId)).rejects.toMatchObject({
      code: 'forbidden',
    });
    expect(Object.keys(await context.readRoles())).toEqual([context.owner.email]);
  });

  it('explains why it is not valid, and nothing else', async () => {
    const user = await context.createUser();
    const expectRefusal = async (token: string, why: RegExp) => {
      await expect(fixture.invitations.describe(token)).rejects.toMatchObject(notGood(why));
      await expect(fixture.invitations.accept(null, token, user.userId)).rejects.toMatchObject(notGood(why));
      const text = await fixture.invitations.describe(token).catch((error: Error) => error.message);
      expect(text).not.toContain('Acme');
      expect(text).not.toContain('@');
    };
    await expectRefusal('dlt_i_nonsense', /no invitation/);
    await expectRefusal('', /no invitation/);
    const token = await invite(user.email, 'member');
    await age({ expiresAt: ago({ seconds: 1 }) });
    await expectRefusal(token, /has expired/);
    await age({ expiresAt: fromNow({ days: 1 }), revokedAt: new Date() });
    await expectRefusal(token, /was revoked/);
  });

  it('can be revoked by users who could create it, and is then listed as revoked', async () => {
    const member = await context.createPerson('member');
    const token = await invite('analyst@example.org', 'member');
    const list = (status?: string) =>
      fixture.invitations.list(context.organizationId, { limit: 10, offset: 0 }, status ? [status] : null);
    const id = (await list()).items[0]?.invitation.id ?? '';
    const refused = fixture.invitations.revoke(member.principal, context.organizationId, id);
    await expect(refused).rejects.toMatchObject({ code: 'forbidden' });
    const elsewhere = await createPeopleFixture(fixture);
    const foreign = fixture.invitations.revoke(elsewhere.owner.principal, elsewhere.organizationId, id);
    await expect(foreign).rejects.toMatchObject({ code: 'not_found' });
    await fixture.invitations.revoke(context.owner.principal, context.organizationId, id);
    await fixture.invitations.revoke(context.owner.principal, context.organizationId, id);
    await expect(fixture.invitations.describe(token)).rejects.toMatchObject(notGood(/revoked/));
    expect((await list()).total).toBe(0);
    expect((await list('revoked')).items.map(({ invitation }) => invitation.email)).toEqual([
      'analyst@example.org',
    ]);
    expect(await context.readLog()).toEqual([
      'invitation.create analyst@example.org',
      'invitation.revoke analyst@example.org',
    ]);
  });

  it.each(Array.from({ length: 6 }, (_, round) => round))(
    'adds one member when it is accepted concurrently (%i)',
    async () => {
      const user = await context.createUser();
      const token = await invite(user.email, 'member');
      const calls = Array.from({ length: 4 }, () => fixture.invitations.accept(null, token, user.userId));
      const memberships = new Set((await Promise.all(calls)).map(({ membershipId }) => membershipId));
      expect(memberships.size).toBe(1);
      expect((await context.readLog()).filter((line) => line.startsWith('invitation.accept'))).toHaveLength(
        1,
      );
    },
  );

  it.each(Array.from({ length: 6 }, (_, round) => round))(
    'is either revoked or accepted when both happen concurrently (%i)',
    async () => {
      const user = await context.createUser();
      const token = await invite(user.email, 'member');
      const { items } = await fixture.invitations.list(context.organizationId, { limit: 1, offset: 0 }, null);
      const outcomes = await outcomesOf([
        fixture.invitations.accept(null, token, user.userId),
        fixture.invitations.revoke(
          context.owner.principal,
          context.organizationId,
          items[0]?.invitation.id ?? '',
        ),
      ]);
      const isMember = user.email in (await context.readRoles());
      expect(outcomes).toEqual(isMember ? ['done', 'done'] : ['done', 'invitation_not_good']);
      expect(await context.readLog()).toHaveLength(2);
    },
  );
});

describe('permission to invite', () => {
  it('is everything for owners of the organization, with workspaces of that organization only', async () => {
    const member = await context.createPerson('member');
    await expect(invite('a@example.com', 'member', [], member)).rejects.toMatchObject({ code: 'forbidden' });
    await expect(invite('a@example.com', 'collaborator')).rejects.toMatchObject({ code: 'invalid_request' });
    const elsewhere = await createPeopleFixture(fixture);
    const foreign = [{ workspaceId: await elsewhere.createWorkspace(), role: 'viewer' as const }];
    await expect(invite('a@example.com', 'member', foreign)).rejects.toMatchObject({
      code: 'invalid_request',
    });
    expect(await context.readLog()).toEqual([]);
  });

  it('is inviting collaborators to their workspace for its owners', async () => {
    const [own, other] = [await context.createWorkspace('Own'), await context.createWorkspace('Other')];
    const owner = await context.createPerson('collaborator', { [own]: 'owner', [other]: 'developer' });
    const user = await context.createUser();
    const refused = inviteToWorkspace(other, user.email, 'viewer', owner);
    await expect(refused).rejects.toMatchObject({ code: 'forbidden' });
    const token = await inviteToWorkspace(own, user.email, 'owner', owner);
    const page = { limit: 10, offset: 0 };
    expect((await fixture.invitations.listOfWorkspace(own, page, null)).total).toBe(1);
    expect((await fixture.invitations.listOfWorkspace(other, page, null)).total).toBe(0);
    await fixture.invitations.accept(null, token, user.userId);
    expect((await context.readRoles())[user.email]).toBe('collaborator');
    expect(await context.roleIn(own, user)).toBe('owner');
  });

  it('includes revoking those, but not an organization invitation with their workspace among others', async () => {
    const own = await context.createWorkspace('Own');
    const owner = await context.createPerson('member', { [own]: 'owner' });
    await invite('a@example.com', 'member', [{ workspaceId: own, role: 'viewer' }]);
    const { items } = await fixture.invitations.list(context.organizationId, { limit: 1, offset: 0 }, null);
    const id = items[0]?.invitation.id ?? '';
    const refused = fixture.invitations.revokeToWorkspace(owner.principal, own, id);
    await expect(refused).rejects.toMatchObject({ code: 'not_found' });
    await inviteToWorkspace(own, 'b@example.com', 'viewer', owner);
    const page = await fixture.invitations.listOfWorkspace(own, { limit: 1, offset: 0 }, null);
    await fixture.invitations.revokeToWorkspace(owner.principal, own, page.items[0]?.invitation.id ?? '');
    expect(await context.readLog()).toContain('invitation.revoke b@example.com');
  });

  it('is checked again on acceptance', async () => {
    const workspaceId = await context.createWorkspace();
    const owner = await context.createPerson('member', { [workspaceId]: 'owner' });
    const user = await context.createUser();
    const token = await inviteToWorkspace(workspaceId, user.email, 'developer', owner);
    await fixture.store.people.setDisabled(owner.userId, true);
    await expect(fixture.invitations.accept(null, token, user.userId)).rejects.toMatchObject(
      notGood(/revoked/),
    );
    await fixture.store.people.setDisabled(owner.userId, false);
    await fixture.invitations.accept(null, token, user.userId);
    expect(await context.roleIn(workspaceId, user)).toBe('developer');
  });
});

describe('several invitations for one address', () => {
  it('are accepted together, and the most permissive role wins', async () => {
    const [sales, billing] = [
      await context.createWorkspace('Sales'),
      await context.createWorkspace('Billing'),
    ];
    const user = await context.createUser();
    const workspaceOwner = await context.createPerson('member', { [sales]: 'owner' });
    await inviteToWorkspace(sales, user.email.toUpperCase(), 'owner', workspaceOwner);
    await invite(user.email, 'owner');
    const token = await invite(user.email, 'member', [
      { workspaceId: sales, role: 'viewer' },
      { workspaceId: billing, role: 'developer' },
    ]);
    expect(await fixture.invitations.accept(null, token, user.userId)).toMatchObject({ role: 'owner' });
    expect(await context.roleIn(sales, user)).toBe('owner');
    expect(await context.roleIn(billing, user)).toBe('developer');
    const left = await fixture.store.invitations.listPending(context.organizationId);
    expect(left).toEqual([]);
  });

  it('grant through a link no more than its inviter could grant', async () => {
    const own = await context.createWorkspace('Own');
    const mallory = await context.createPerson('collaborator', { [own]: 'owner' });
    const ownersToken = await invite('engineer@example.com', 'owner');
    const token = await inviteToWorkspace(own, 'engineer@example.com', 'viewer', mallory);
    // Anyone who has the link of an invitation can create the account for its address.
    const engineer = await context.createUser('engineer@example.com');
    expect(await fixture.invitations.accept(null, token, engineer.userId)).toMatchObject({
      role: 'collaborator',
    });
    expect((await context.readRoles())[engineer.email]).toBe('collaborator');
    expect(await fixture.invitations.accept(null, ownersToken, engineer.userId)).toMatchObject({
      role: 'owner',
    });
  });

  it('remove nothing from an existing member', async () => {
    const workspaceId = await context.createWorkspace();
    const person = await context.createPerson('owner', { [workspaceId]: 'owner' });
    const token = await invite(person.email, 'collaborator', [{ workspaceId, role: 'viewer' }]);
    const accepted = await fixture.invitations.accept(null, token, person.userId);
    expect(accepted).toMatchObject({ membershipId: person.membershipId, role: 'owner' });
    expect(await context.roleIn(workspaceId, person)).toBe('owner');
  });

  it('are limited in number', async () => {
    await fixture.database.execute(
      `insert into invitations (organization_id, email, role, token_hash, invited_by, expires_at)
       select $1, 'x@example.com', 'member', decode(md5($1::uuid::text || n), 'hex'), $2, now() + interval '1 day'
         from generate_series(1, 500) n`,
      [context.organizationId, context.owner.userId],
    );
    await expect(invite('y@example.com', 'member')).rejects.toMatchObject({ code: 'too_many_invitations' });
    await age({ revokedAt: new Date() });
    await invite('y@example.com', 'member');
  });
});
