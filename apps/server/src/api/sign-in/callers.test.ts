import type { ApiFixture } from '../testing/api-fixture.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createKeys } from '../../services/keys/keys.ts';
import { createApiFixture } from '../testing/api-fixture.ts';
import { readAnswer } from '../testing/check-answer.ts';
import { listAuditEntries } from '../../services/testing/audit-entries.ts';

let api: ApiFixture;
let context: Awaited<ReturnType<ApiFixture['createWorkspaceFixture']>>;
let workspaceKey: string;

beforeAll(async () => {
  api = await createApiFixture();
  context = await api.createWorkspaceFixture();
  // The owner has another workspace, created before the one that the key is for.
  const other = await api.persistence.store.workspaces.create({
    organizationId: context.organization.id,
    name: 'Older',
    description: null,
  });
  await api.persistence.store.workspaces.addMember(other.id, context.owner.membershipId, 'owner');
  workspaceKey = await createKeys(api.persistence).create({
    email: context.owner.principal.email,
    days: 1,
    workspace: { id: context.workspace.id, role: 'developer' },
  });
});
afterAll(() => api.close());

const get = (url: string, key: string) =>
  api.app.inject({ url, headers: { authorization: `Bearer ${key}` } });

describe('a personal key', () => {
  it('has the account of its owner, with the first and the latest organization', async () => {
    const later = await api.createOrganization('Later');
    const membership = await api.persistence.store.people.addMember(later.id, context.owner.userId, 'member');
    const me = readAnswer('get_me', await get('/api/v1/me', context.owner.key));
    expect(me).toMatchObject({
      user_id: context.owner.userId,
      email: context.owner.principal.email,
      organization_membership_id: context.owner.membershipId,
      primary_organization: { id: context.organization.id, name: 'Acme' },
      latest_organization: { id: later.id, name: 'Later' },
      organization_memberships: [
        { id: context.owner.membershipId, role: 'owner', is_active: true },
        { id: membership.id, role: 'member', organization: { id: later.id } },
      ],
    });
  });

  it('without an organization gets one with a playground, exactly once for concurrent calls', async () => {
    const user = await api.persistence.store.people.createUser({
      email: 'Analyst.Alone@example.com',
      kind: 'human',
      passwordHash: null,
      name: 'Analyst',
    });
    const { secret } = await api.createKey(user.id);
    const answers = await Promise.all(Array.from({ length: 6 }, () => get('/api/v1/me', secret)));
    const [first, ...others] = answers.map((answer) => readAnswer('get_me', answer));
    for (const other of others) expect(other).toEqual(first);
    expect(first).toMatchObject({
      email: 'Analyst.Alone@example.com',
      name: 'Analyst',
      primary_organization: { name: 'Analyst.Alone', dataplane_id: 'local' },
      organization_memberships: [{ role: 'owner' }],
    });
    const organizationId = first?.primary_organization.id ?? '';
    const me = readAnswer(
      'get_organization_me',
      await get(`/api/v1/organizations/${organizationId}/me`, secret),
    );
    expect(me.workspace_memberships).toMatchObject([
      { role: 'owner', workspace: { name: 'Playground', is_playground: true } },
    ]);
    const settings = await get(`/pumphouse/v1/organizations/${organizationId}`, secret);
    expect(readAnswer('get_organization_settings', settings)).toMatchObject({
      is_personal: true,
      default_workspace_role: null,
    });
    const entries = await listAuditEntries(api.persistence.store, { organizationId });
    expect(entries).toMatchObject([
      { action: 'organization.create', actorKind: 'key', targetName: 'Analyst.Alone' },
      { action: 'workspace.create', actorKind: 'key', targetName: 'Playground' },
    ]);
  });
});

describe('a workspace key', () => {
  it('has no account', async () => {
    expect((await get('/api/v1/me', workspaceKey)).json()).toMatchObject({
      code: 'no_account',
      status_code: 403,
    });
  });

  it('belongs to one organization and to its own workspace', async () => {
    const { items } = readAnswer('list_organizations', await get('/api/v1/organizations', workspaceKey));
    expect(items.map(({ id }) => id)).toEqual([context.organization.id]);
    const url = `/api/v1/organizations/${context.organization.id}`;
    const me = readAnswer('get_organization_me', await get(`${url}/me`, workspaceKey));
    expect(me).toMatchObject({ role: 'collaborator', organization: { id: context.organization.id } });
    expect(me.user_id).not.toBe(context.owner.userId);
    expect(me.workspace_memberships).toMatchObject([
      { role: 'developer', workspace: { id: context.workspace.id } },
    ]);
    const listed = readAnswer('list_workspaces', await get(`${url}/workspaces`, workspaceKey));
    expect(listed.items.map(({ id }) => id)).toEqual([context.workspace.id]);
  });

  it('represents only its workspace, and cannot create another', async () => {
    const url = `/api/v1/workspaces/${context.workspace.id}/me`;
    const [own, owners] = [
      readAnswer('get_workspace_me', await get(url, workspaceKey)),
      readAnswer('get_workspace_me', await get(url, context.owner.key)),
    ];
    expect(own).toMatchObject({ workspace_role: 'developer', organization_role: 'collaborator' });
    expect(owners).toMatchObject({ workspace_role: 'owner', organization_role: 'owner' });
    expect(own.user_id).not.toBe(owners.user_id);
    const create = await api.app.inject({
      method: 'POST',
      url: `/api/v1/organizations/${context.organization.id}/workspaces`,
      headers: { authorization: `Bearer ${workspaceKey}` },
      payload: { name: 'Mine', description: null },
    });
    expect(create.json()).toMatchObject({ code: 'forbidden', status_code: 403 });
  });
});

describe('the list of data planes', () => {
  it('contains only this server, for every key', async () => {
    for (const key of [context.owner.key, workspaceKey]) {
      const { items } = readAnswer('list_dataplanes', await get('/api/v1/dataplanes', key));
      expect(items).toEqual([
        { id: 'local', name: 'This server', region: 'local', description: expect.any(String) as string },
      ]);
    }
    const url = `/api/v1/workspaces/${context.workspace.id}`;
    const workspace = readAnswer('get_workspace', await get(url, context.owner.key));
    expect(workspace.dataplane_id).toBe('local');
  });
});
