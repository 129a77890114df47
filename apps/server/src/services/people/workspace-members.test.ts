import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceRole } from '../../store/records.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createPeopleFixture, outcomesOf } from '../testing/people-fixture.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';

let fixture: ServiceFixture;
let context: Awaited<ReturnType<typeof createPeopleFixture>>;
let workspaceId: string;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  context = await createPeopleFixture(fixture);
  workspaceId = await context.createWorkspace();
});

const at = ({ membershipId }: { membershipId: string }, workspace = workspaceId) => ({
  workspaceId: workspace,
  membershipId,
});

describe('the role in a workspace', () => {
  it('can be given, set and removed by its owner, and is audited', async () => {
    const owner = await context.createPerson('member', { [workspaceId]: 'owner' });
    const member = await context.createPerson('member');
    const set = (role: WorkspaceRole) => fixture.workspaceMembers.set(at(member), role, owner.principal);
    expect(await set('viewer')).toMatchObject({ role: 'viewer', ownRole: 'viewer', defaultRole: null });
    await set('developer');
    expect(await context.roleIn(workspaceId, member)).toBe('developer');
    await fixture.workspaceMembers.remove(at(member), owner.principal);
    expect(await context.roleIn(workspaceId, member)).toBeNull();
    expect(await context.readLog()).toEqual([
      `workspace-member.add ${member.email}`,
      `workspace-member.set-role ${member.email}`,
      `workspace-member.remove ${member.email}`,
    ]);
  });

  it('cannot be set by developers, nor in other workspaces, nor for users who are not members', async () => {
    const developer = await context.createPerson('member', { [workspaceId]: 'developer' });
    const other = await context.createWorkspace('Other');
    const owner = await context.createPerson('member', { [other]: 'owner' });
    const elsewhere = await createPeopleFixture(fixture);
    const service = fixture.workspaceMembers;
    const forbidden = { code: 'forbidden' };
    await expect(service.set(at(owner), 'viewer', developer.principal)).rejects.toMatchObject(forbidden);
    await expect(service.set(at(developer), 'viewer', owner.principal)).rejects.toMatchObject(forbidden);
    await expect(service.remove(at(developer), owner.principal)).rejects.toMatchObject(forbidden);
    const foreign = service.set(at(elsewhere.owner), 'viewer', context.owner.principal);
    await expect(foreign).rejects.toMatchObject({ code: 'not_found' });
    await expect(service.set(at(developer), 'viewer', elsewhere.owner.principal)).rejects.toMatchObject(
      forbidden,
    );
    expect(await context.readLog()).toEqual([]);
  });

  it('cannot be changed by the member themselves, but an owner of the organization may take one if they have none', async () => {
    const owner = await context.createPerson('member', { [workspaceId]: 'owner' });
    const service = fixture.workspaceMembers;
    await expect(service.set(at(owner), 'viewer', owner.principal)).rejects.toMatchObject({
      code: 'own_role',
    });
    expect(await service.set(at(context.owner), 'developer', context.owner.principal)).toMatchObject({
      role: 'developer',
    });
    const more = service.set(at(context.owner), 'owner', context.owner.principal);
    await expect(more).rejects.toMatchObject({ code: 'own_role' });
    await service.leave(workspaceId, owner);
    expect(await context.roleIn(workspaceId, owner)).toBeNull();
    // The workspace has no owner now; the owner of the organization can still appoint one.
    expect(await service.set(at(owner), 'owner', context.owner.principal)).toMatchObject({ role: 'owner' });
  });

  it("revokes an owner's invitations when it is lowered", async () => {
    const owner = await context.createPerson('member', { [workspaceId]: 'owner' });
    const wanted = { workspaceId, email: 'friend@example.com', role: 'owner' as const };
    const { link } = await fixture.invitations.createToWorkspace(owner.principal, wanted, 'http://p');
    await fixture.workspaceMembers.set(at(owner), 'developer', context.owner.principal);
    const token = new URL(link).searchParams.get('token') ?? '';
    await expect(fixture.invitations.describe(token)).rejects.toMatchObject({ code: 'invitation_not_good' });
    expect(await context.readLog()).toContain('invitation.revoke friend@example.com');
  });
});

describe('a collaborator', () => {
  it('leaves the organization with the last workspace', async () => {
    const other = await context.createWorkspace('Other');
    const collaborator = await context.createPerson('collaborator', {
      [workspaceId]: 'viewer',
      [other]: 'viewer',
    });
    const service = fixture.workspaceMembers;
    await service.remove(at(collaborator), context.owner.principal);
    expect((await context.readRoles())[collaborator.email]).toBe('collaborator');
    await fixture.workspaceMembers.leave(other, collaborator);
    expect((await context.readRoles())[collaborator.email]).toBeUndefined();
    expect((await context.readLog()).at(-1)).toBe(`member.remove ${collaborator.email}`);
  });

  it.each(Array.from({ length: 6 }, (_, round) => round))(
    'also leaves if two workspaces are removed concurrently (%i)',
    async () => {
      const other = await context.createWorkspace('Other');
      const collaborator = await context.createPerson('collaborator', {
        [workspaceId]: 'viewer',
        [other]: 'viewer',
      });
      const outcomes = await outcomesOf(
        [workspaceId, other].map((id) =>
          fixture.workspaceMembers.remove(at(collaborator, id), context.owner.principal),
        ),
      );
      expect(outcomes).toEqual(['done', 'done']);
      expect((await context.readRoles())[collaborator.email]).toBeUndefined();
    },
  );
});

describe('default access', () => {
  it('is the minimum role of members, except in playgrounds and for collaborators', async () => {
    const playground = await context.createWorkspace('Playground', true);
    const member = await context.createPerson('member');
    const viewer = await context.createPerson('member', { [workspaceId]: 'viewer' });
    const other = await context.createWorkspace('Other');
    const collaborator = await context.createPerson('collaborator', { [other]: 'viewer' });
    await fixture.organizations.update(context.organizationId, { defaultWorkspaceRole: 'developer' });
    expect(await context.roleIn(workspaceId, member)).toBe('developer');
    expect(await context.roleIn(workspaceId, viewer)).toBe('developer');
    expect(await context.roleIn(workspaceId, collaborator)).toBeNull();
    expect(await context.roleIn(other, collaborator)).toBe('viewer');
    expect(await context.roleIn(playground, member)).toBeNull();

    const { items } = await fixture.workspaceMembers.list(workspaceId, { limit: 10, offset: 0 }, null);
    const roles = items.map((one) => [one.email, one.role, one.ownRole, one.defaultRole]);
    // Members who joined within the same millisecond have no order.
    expect(roles).toHaveLength(3);
    expect(roles).toEqual(
      expect.arrayContaining([
        [context.owner.email, 'developer', null, 'developer'],
        [member.email, 'developer', null, 'developer'],
        [viewer.email, 'developer', 'viewer', 'developer'],
      ]),
    );
    const taken = fixture.workspaceMembers.remove(at(member), context.owner.principal);
    await expect(taken).rejects.toMatchObject({ code: 'not_found' });

    await fixture.organizations.update(context.organizationId, { defaultWorkspaceRole: null });
    expect(await context.roleIn(workspaceId, member)).toBeNull();
    expect(await context.roleIn(workspaceId, viewer)).toBe('viewer');
  });
});

describe('a playground', () => {
  it('has one member, keeps its name, and stays', async () => {
    const owner = await context.createPerson('owner');
    const playground = await context.createWorkspace('Playground', true);
    await fixture.store.workspaces.addMember(playground, owner.membershipId, 'owner');
    const member = await context.createPerson('member');
    const code = { code: 'playground_workspace' };
    const service = fixture.workspaceMembers;
    await expect(service.set(at(member, playground), 'viewer', owner.principal)).rejects.toMatchObject(code);
    await expect(
      service.set(at(context.owner, playground), 'owner', context.owner.principal),
    ).rejects.toMatchObject(code);
    await expect(service.remove(at(owner, playground), context.owner.principal)).rejects.toMatchObject(code);
    await expect(service.leave(playground, owner)).rejects.toMatchObject(code);
    await expect(fixture.workspaces.archive(playground)).rejects.toMatchObject(code);
    await expect(fixture.workspaces.update(playground, { name: 'Mine' })).rejects.toMatchObject(code);
    expect(await fixture.workspaces.update(playground, { description: 'For trying out' })).toMatchObject({
      name: 'Playground',
      description: 'For trying out',
    });
    const key = { name: 'CI', days: null, role: 'viewer' as const };
    await expect(fixture.keys.createOfWorkspace(owner.principal, playground, key)).rejects.toMatchObject(
      code,
    );
    const wanted = { workspaceId: playground, email: 'a@example.com', role: 'viewer' as const };
    const invited = fixture.invitations.createToWorkspace(owner.principal, wanted, 'http://p');
    await expect(invited).rejects.toMatchObject(code);
  });
});
