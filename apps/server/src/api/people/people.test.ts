import type { ApiFixture, TestCaller } from '../testing/api-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApiFixture } from '../testing/api-fixture.ts';
import { readAnswer } from '../testing/check-answer.ts';

let api: ApiFixture;
let owner: TestCaller;
let organizationId: string;
let workspaceId: string;
/** Path below `/pumphouse/v1`. */
let atOrganization: string;
let atWorkspace: string;

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());
beforeEach(async () => {
  const context = await api.createWorkspaceFixture();
  owner = context.owner;
  organizationId = context.organization.id;
  workspaceId = context.workspace.id;
  atOrganization = `/pumphouse/v1/organizations/${organizationId}`;
  atWorkspace = `/pumphouse/v1/workspaces/${workspaceId}`;
});

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

function call(caller: Pick<TestCaller, 'key'>, method: Method, url: string, payload?: object) {
  const headers = { authorization: `Bearer ${caller.key}` };
  return api.app.inject({ method, url, headers, ...(payload && { payload }) });
}

async function codeOf(answer: ReturnType<typeof call>): Promise<string> {
  const { statusCode, body } = await answer;
  return body === ''
    ? String(statusCode)
    : `${statusCode} ${(JSON.parse(body) as { code?: string }).code ?? ''}`;
}

const join = (role: 'owner' | 'member' | 'collaborator', inWorkspace?: 'owner' | 'developer' | 'viewer') =>
  api.createCaller({ id: organizationId, role }, inWorkspace && { id: workspaceId, role: inWorkspace });

describe('an organization', () => {
  it('is created by a user, who owns it, and changed by its owners', async () => {
    const made = await call(owner, 'POST', '/pumphouse/v1/organizations', { name: ' Second ' });
    expect(made.statusCode).toBe(201);
    const organization = readAnswer('create_organization', made);
    expect(organization).toMatchObject({
      name: 'Second',
      description: null,
      dataplane_id: 'local',
      default_workspace_role: null,
      is_personal: false,
    });
    const url = `/pumphouse/v1/organizations/${organization.id}`;
    const change = { name: 'Two', description: 'The second', default_workspace_role: 'viewer' };
    const changed = readAnswer('update_organization', await call(owner, 'PATCH', url, change));
    expect(changed).toMatchObject(change);
    const back = await call(owner, 'PATCH', url, { default_workspace_role: null });
    expect(readAnswer('update_organization', back)).toMatchObject({
      ...change,
      default_workspace_role: null,
    });
    expect(readAnswer('get_organization_settings', await call(owner, 'GET', url))).toMatchObject({
      name: 'Two',
    });
    const limited = await call(owner, 'PATCH', url, { max_key_days: 30 });
    expect(readAnswer('update_organization', limited)).toMatchObject({ max_key_days: 30 });
    const unlimited = await call(owner, 'PATCH', url, { max_key_days: null });
    expect(readAnswer('update_organization', unlimited)).toMatchObject({
      ...change,
      default_workspace_role: null,
      max_key_days: null,
    });
    for (const wrong of [
      { default_workspace_role: 'owner' },
      { max_key_days: 0 },
      { max_key_days: 366 },
      { max_key_days: 1.5 },
    ])
      expect((await call(owner, 'PATCH', url, wrong)).statusCode).toBe(400);
    for (const name of ['', ' ', 'x'.repeat(201)])
      expect((await call(owner, 'PATCH', url, { name })).statusCode).toBe(400);
    const workspace = await call(owner, 'POST', `/api/v1/organizations/${organization.id}/workspaces`, {
      name: 'W',
      description: null,
    });
    expect(workspace.statusCode).toBe(201);
  });
});

describe('members of an organization', () => {
  it('are listed to members, and changed by owners', async () => {
    const member = await join('member', 'developer');
    const listed = readAnswer(
      'list_organization_members',
      await call(member, 'GET', `${atOrganization}/members?sort=joined_at&order=desc&limit=1`),
    );
    expect(listed).toMatchObject({
      total: 2,
      items: [
        {
          membership_id: member.membershipId,
          user_id: member.userId,
          role: 'member',
          is_disabled: false,
          workspaces: [{ workspace_id: workspaceId, name: 'W', role: 'developer' }],
        },
      ],
    });
    const next = await call(
      member,
      'GET',
      `${atOrganization}/members?sort=joined_at&order=desc&limit=1&cursor=${listed.next_cursor}`,
    );
    expect(readAnswer('list_organization_members', next).items[0]?.user_id).toBe(owner.userId);
    const url = `${atOrganization}/members/${member.membershipId}`;
    const set = await call(owner, 'PATCH', url, { role: 'owner' });
    expect(readAnswer('set_organization_member_role', set)).toMatchObject({ role: 'owner' });
    const ownUrl = `${atOrganization}/members/${owner.membershipId}`;
    expect(await codeOf(call(owner, 'PATCH', ownUrl, { role: 'member' }))).toBe('409 own_role');
    expect(await codeOf(call(owner, 'DELETE', url))).toBe('204');
    // Takes effect at once: each call reads the membership again.
    expect(await codeOf(call(member, 'GET', `/api/v1/workspaces/${workspaceId}`))).toBe('404 not_found');
    expect(await codeOf(call(member, 'GET', `${atOrganization}/members`))).toBe('404 not_found');
    expect(await codeOf(call(owner, 'POST', `${atOrganization}/-leave`))).toBe('409 last_owner');
    expect(await codeOf(call(owner, 'DELETE', url))).toBe('404 not_found');
  });

  it('lose their tokens when they are removed', async () => {
    const member = await join('member', 'viewer');
    const { token } = await api.credentials.issueDataplaneToken(member.principal, workspaceId);
    const read = () =>
      codeOf(call({ key: token }, 'GET', `/telemetry/v1/workspaces/${workspaceId}/pipeline-runs`));
    expect(await read()).toMatch(/^200/);
    expect(await codeOf(call(member, 'POST', `${atOrganization}/-leave`))).toBe('204');
    expect(await read()).toBe('404 not_found');
  });
});

describe('members of a workspace', () => {
  it('are all users with a role, with the same roles that the workspace enforces', async () => {
    const viewer = await join('collaborator', 'viewer');
    const member = await join('member');
    await call(owner, 'PATCH', atOrganization, { default_workspace_role: 'developer' });
    const made = await call(owner, 'POST', `${atWorkspace}/keys`, { name: 'CI', role: 'viewer' });
    expect(made.statusCode).toBe(201);
    const url = `/api/v1/workspaces/${workspaceId}/members`;
    const listed = readAnswer('list_workspace_members', await call(viewer, 'GET', url));
    expect(listed.items.map(({ user_id: id, role }) => [id, role])).toEqual([
      [owner.userId, 'owner'],
      [viewer.userId, 'viewer'],
      [member.userId, 'developer'],
      [expect.any(String), 'viewer'],
    ]);
    expect(Object.keys(listed.items[0] ?? {}).toSorted()).toEqual([
      'email',
      'id',
      'name',
      'organization_membership_id',
      'role',
      'user_id',
    ]);
    const people = await call(viewer, 'GET', `${url}?kind=human&sort=email&order=desc`);
    expect(readAnswer('list_workspace_members', people)).toMatchObject({ total: 3 });
    const keys = readAnswer(
      'list_workspace_members',
      await call(viewer, 'GET', `${url}?kind=service_account`),
    );
    expect(keys.items).toMatchObject([{ name: 'CI', role: 'viewer' }]);
    const none = readAnswer('list_workspace_members', await call(viewer, 'GET', `${url}?kind=managed`));
    expect(none).toMatchObject({ total: 0, items: [] });

    const access = readAnswer(
      'list_workspace_access',
      await call(viewer, 'GET', `${atWorkspace}/members?kind=human`),
    );
    expect(access.items).toMatchObject([
      { user_id: owner.userId, role: 'owner', own_role: 'owner', default_role: 'developer', kind: 'human' },
      { user_id: viewer.userId, role: 'viewer', own_role: 'viewer', default_role: null },
      { user_id: member.userId, role: 'developer', own_role: null, organization_role: 'member' },
    ]);
    const workspaces = readAnswer(
      'list_workspaces',
      await call(owner, 'GET', `/api/v1/organizations/${organizationId}/workspaces`),
    );
    expect(workspaces.items).toMatchObject([{ member_count: 3, owner_members: [{ user_id: owner.userId }] }]);
  });

  it('are managed by an organization owner without a workspace role, who may also grant themselves one', async () => {
    const second = await join('owner');
    const member = await join('member');
    const url = (of: TestCaller) => `${atWorkspace}/members/${of.membershipId}`;
    expect(await codeOf(call(second, 'GET', `/api/v1/workspaces/${workspaceId}`))).toBe('404 not_found');
    const listed = readAnswer('list_workspace_access', await call(second, 'GET', `${atWorkspace}/members`));
    expect(listed.total).toBe(1);
    const set = await call(second, 'PUT', url(member), { role: 'viewer' });
    expect(readAnswer('set_workspace_member', set)).toMatchObject({ user_id: member.userId, role: 'viewer' });
    expect(await codeOf(call(member, 'PUT', url(member), { role: 'owner' }))).toBe('403 forbidden');
    expect(await codeOf(call(second, 'DELETE', url(member)))).toBe('204');
    expect(await codeOf(call(second, 'PUT', url(second), { role: 'owner' }))).toMatch(/^200/);
    expect(await codeOf(call(second, 'GET', `/api/v1/workspaces/${workspaceId}`))).toMatch(/^200/);
    expect(await codeOf(call(second, 'POST', `${atWorkspace}/-leave`))).toBe('204');
    expect(await codeOf(call(second, 'GET', `/api/v1/workspaces/${workspaceId}`))).toBe('404 not_found');
    const elsewhere = await api.createWorkspaceFixture();
    expect(await codeOf(call(elsewhere.owner, 'GET', `${atWorkspace}/members`))).toBe('404 not_found');
  });
});

describe('invitations', () => {
  it('show their link once, and are listed without it', async () => {
    const wanted = {
      email: 'analyst@example.com',
      role: 'collaborator',
      workspaces: [{ workspace_id: workspaceId, role: 'viewer' }],
    };
    const made = await call(owner, 'POST', `${atOrganization}/invitations`, wanted);
    expect(made.statusCode).toBe(201);
    const created = readAnswer('create_invitation', made);
    expect(created.link).toMatch(/^http:\/\/localhost:80\/sign-in\/invitation\?token=dlt_i_[\w-]{43}$/);
    expect(created).toMatchObject({
      email: 'analyst@example.com',
      status: 'pending',
      mail: 'none',
      invited_by: owner.principal.email,
      workspaces: [{ workspace_id: workspaceId, name: 'W', role: 'viewer' }],
    });
    for (const [operation, url] of [
      ['list_invitations', `${atOrganization}/invitations`],
      ['list_workspace_invitations', `${atWorkspace}/invitations`],
    ] as const) {
      const response = await call(owner, 'GET', url);
      expect(readAnswer(operation, response).items.map(({ id }) => id)).toEqual([created.id]);
      expect(response.body).not.toContain('dlt_i_');
    }
    expect(await codeOf(call(owner, 'DELETE', `${atOrganization}/invitations/${created.id}`))).toBe('204');
    const over = await call(owner, 'GET', `${atOrganization}/invitations?status=revoked&status=accepted`);
    expect(readAnswer('list_invitations', over).items).toMatchObject([{ status: 'revoked' }]);
  });

  it('to a workspace are created and revoked by its owner', async () => {
    const workspaceOwner = await join('member', 'owner');
    const made = await call(workspaceOwner, 'POST', `${atWorkspace}/invitations`, {
      email: 'engineer@example.com',
      role: 'developer',
    });
    const created = readAnswer('create_workspace_invitation', made);
    expect(created).toMatchObject({ role: 'collaborator', workspaces: [{ role: 'developer' }] });
    const all = `${atOrganization}/invitations`;
    expect(await codeOf(call(workspaceOwner, 'GET', all))).toBe('403 forbidden');
    expect(await codeOf(call(workspaceOwner, 'DELETE', `${atWorkspace}/invitations/${created.id}`))).toBe(
      '204',
    );
  });

  it.each([
    'no address',
    'a@b@example.com',
    'a@example.com, b@example.com',
    'a@example.com\r\nBcc: c@example.com',
    'Analyst <a@example.com>',
    `${'a'.repeat(250)}@example.com`,
  ])('are for one address, not for %j', async (email) => {
    const wanted = { email, role: 'member' };
    expect((await call(owner, 'POST', `${atOrganization}/invitations`, wanted)).json()).toMatchObject({
      code: 'invalid_request',
      extra: [{ key: 'email' }],
    });
  });
});

describe('keys', () => {
  it('of a user are created by the user, used, listed and revoked with immediate effect', async () => {
    const url = '/pumphouse/v1/account/keys';
    const member = await join('member', 'viewer');
    // A key that is valid for a day cannot create a key that is valid for longer.
    expect(await codeOf(call(member, 'POST', url, { name: 'long', days: 90 }))).toBe('400 invalid_request');
    const session = await signIn(member);
    const created = readAnswer(
      'create_personal_key',
      await call(session, 'POST', url, { name: 'laptop', days: 365 }),
    );
    expect(created).toMatchObject({
      name: 'laptop',
      last_used_at: null,
      prefix: created.secret.slice(0, 12),
    });
    expect(await codeOf(call(session, 'POST', url, { name: 'longer', days: 366 }))).toBe(
      '400 invalid_request',
    );
    expect(await codeOf(call(session, 'POST', url, { name: ' ' }))).toBe('400 invalid_request');
    const key = { key: created.secret };
    for (const form of [key, { key: created.jwt }])
      expect(await codeOf(call(form, 'GET', '/api/v1/me'))).toMatch(/^200/);
    const { keys } = readAnswer('list_personal_keys', await call(key, 'GET', url));
    expect(keys.map(({ name }) => name)).toEqual(['laptop', null]);
    await expect
      .poll(
        async () => readAnswer('list_personal_keys', await call(session, 'GET', url)).keys[0]?.last_used_at,
      )
      .toEqual(expect.any(String));
    expect(await codeOf(call(owner, 'DELETE', `${url}/${created.id}`))).toBe('404 not_found');
    expect(await codeOf(call(key, 'DELETE', `${url}/${created.id}`))).toBe('204');
    expect(await codeOf(call(key, 'GET', '/api/v1/me'))).toBe('401 not_authenticated');
  });

  it('of a workspace are created by its owners, and are rejected as soon as they are revoked', async () => {
    const url = `${atWorkspace}/keys`;
    const session = await signIn(owner);
    const wanted = { name: 'CI', role: 'developer' };
    const created = readAnswer('create_workspace_key', await call(session, 'POST', url, wanted));
    expect(created).toMatchObject({ ...wanted, issued_by: owner.principal.email, is_issuer_owner: true });
    const key = { key: created.secret };
    const me = readAnswer(
      'get_organization_me',
      await call(key, 'GET', `/api/v1/organizations/${organizationId}/me`),
    );
    expect(me).toMatchObject({ role: 'collaborator', workspace_memberships: [{ role: 'developer' }] });
    const minted = await call(key, 'POST', `/api/v1/workspaces/${workspaceId}/-issue-dataplane-token`);
    const { token } = readAnswer('issue_dataplane_token_workspace', minted);
    const telemetry = `/telemetry/v1/workspaces/${workspaceId}/pipeline-runs`;
    expect(await codeOf(call({ key: token }, 'GET', telemetry))).toMatch(/^200/);
    expect(await codeOf(call(key, 'GET', '/pumphouse/v1/account/keys'))).toBe('403 no_account');
    expect(await codeOf(call(key, 'POST', '/pumphouse/v1/account/keys', { name: 'x' }))).toBe(
      '403 no_account',
    );
    expect(await codeOf(call(key, 'POST', url, wanted))).toBe('403 forbidden');
    expect(await codeOf(call(key, 'POST', '/pumphouse/v1/organizations', { name: 'x' }))).toBe(
      '403 no_account',
    );
    expect(await codeOf(call(key, 'POST', `${atOrganization}/-leave`))).toBe('403 no_account');
    for (const role of ['owner', 'admin'])
      expect(await codeOf(call(session, 'POST', url, { name: 'x', role }))).toBe('400 invalid_request');
    const { keys } = readAnswer('list_workspace_keys', await call(session, 'GET', url));
    expect(keys).toMatchObject([{ id: created.id, name: 'CI', role: 'developer' }]);
    expect(JSON.stringify(keys)).not.toContain(created.secret);
    expect(await codeOf(call(session, 'DELETE', `${url}/${created.id}`))).toBe('204');
    expect(await codeOf(call(key, 'GET', `/api/v1/workspaces/${workspaceId}`))).toBe('401 not_authenticated');
    expect(await codeOf(call({ key: token }, 'GET', telemetry))).toBe('401 not_authenticated');
  });
});

/** Signs the user in at a client. */
async function signIn({ userId }: TestCaller): Promise<{ key: string }> {
  const { jwt } = await api.signIn.sessions.begin({ userId, client: 'test' });
  return { key: jwt };
}
