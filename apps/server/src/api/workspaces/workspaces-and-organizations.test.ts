import type { ApiFixture, TestCaller } from '../testing/api-fixture.ts';
import type { JsonOperationId, RouteResponse } from '@pumphouse/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiFixture } from '../testing/api-fixture.ts';
import { readAnswer } from '../testing/check-answer.ts';
import { removeRegion } from '../../store/postgres/testing/workspaces.ts';

let api: ApiFixture;
let context: Awaited<ReturnType<ApiFixture['createWorkspaceFixture']>>;
let base: string;

beforeAll(async () => {
  api = await createApiFixture();
  context = await api.createWorkspaceFixture();
  base = `/api/v1/workspaces/${context.workspace.id}`;
  await api.createPackages(context.workspace.id, context.owner.membershipId);
});
afterAll(() => api.close());

function headers(caller: TestCaller = context.owner) {
  return { authorization: `Bearer ${caller.key}` };
}

async function get<Id extends JsonOperationId>(id: Id, url: string): Promise<RouteResponse<Id>> {
  return readAnswer(id, await api.app.inject({ url, headers: headers() }));
}

describe('deployments and configurations', () => {
  it('are listed newest version first', async () => {
    const { workspace, owner } = await api.createWorkspaceFixture();
    for (let version = 1; version <= 3; version += 1)
      await api.createPackages(workspace.id, owner.membershipId);
    for (const [operation, path] of [
      ['list_deployments', 'deployments'],
      ['list_configurations', 'configurations'],
    ] as const) {
      const list = async (query: string) => {
        const url = `/api/v1/workspaces/${workspace.id}/${path}?${query}`;
        const page = readAnswer(operation, await api.app.inject({ url, headers: headers(owner) }));
        return [page.items.map((item) => item.version), page.total];
      };
      expect(await list('')).toEqual([[3, 2, 1], 3]);
      expect(await list('limit=1')).toEqual([[3], 3]);
      expect(await list('version=2&limit=1')).toEqual([[2], 1]);
      expect(await list('version=9')).toEqual([[], 0]);
      expect(await list('sort=created_at&order=asc&limit=2')).toEqual([[1, 2], 3]);
    }
  });

  it('answer a JSON 404 if there is none yet', async () => {
    const { workspace, owner } = await api.createWorkspaceFixture();
    for (const path of ['deployments/latest', 'configurations/latest']) {
      const url = `/api/v1/workspaces/${workspace.id}/${path}`;
      const response = await api.app.inject({ url, headers: headers(owner) });
      expect(response.statusCode).toBe(404);
      expect(response.json()).toMatchObject({ code: 'not_found' });
    }
  });

  it('expose their files to the data plane', async () => {
    const latest = await get('get_deployment_latest', `${base}/deployments/latest`);
    expect(await get('get_deployment', `${base}/deployments/${latest.id}`)).toEqual(latest);
    const { token } = await api.credentials.issueDataplaneToken(
      context.owner.principal,
      context.workspace.id,
    );
    const response = await api.app.inject({
      url: `${base}/deployments/${latest.id}/files`,
      headers: { authorization: `Bearer ${token}` },
    });
    expect(readAnswer('get_deployment_files', response)).toEqual({
      engine_version: 1,
      files: [{ relative_path: 'a.py', size_bytes: 3, sha3_256: 'abc=' }],
    });
  });
});

describe('organizations and workspaces', () => {
  it('lists those the caller belongs to', async () => {
    const { items, total } = await get('list_organizations', '/api/v1/organizations?limit=100&offset=0');
    expect(items.map((item) => item.id)).toEqual([context.organization.id]);
    expect(total).toBe(1);
    const me = await get('get_organization_me', `/api/v1/organizations/${context.organization.id}/me`);
    expect(me).toMatchObject({
      user_id: context.owner.userId,
      organization_membership_id: context.owner.membershipId,
      role: 'owner',
      workspace_memberships: [
        {
          role: 'owner',
          workspace: {
            id: context.workspace.id,
            dataplane_url: 'http://localhost:80',
            predefined_profiles: { DATA_WRITE: 'prod', DATA_READ: 'access' },
          },
        },
      ],
    });
  });

  it('creates a workspace owned by its creator, even with a name that is already used', async () => {
    const { organization } = await api.createWorkspaceFixture();
    const member = await api.createCaller({ id: organization.id, role: 'member' });
    const url = `/api/v1/organizations/${organization.id}/workspaces`;
    const payload = { name: ' Sales ', description: null };
    for (let count = 0; count < 2; count += 1) {
      const response = await api.app.inject({ method: 'POST', url, headers: headers(member), payload });
      expect(response.statusCode).toBe(201);
      const workspace = readAnswer('create_workspace', response);
      expect(workspace).toMatchObject({ name: 'Sales', description: null, organization_id: organization.id });
      const me = await api.app.inject({
        url: `/api/v1/workspaces/${workspace.id}/me`,
        headers: headers(member),
      });
      expect(readAnswer('get_workspace_me', me)).toMatchObject({
        workspace_role: 'owner',
        organization_role: 'member',
      });
    }
    const listed = readAnswer('list_workspaces', await api.app.inject({ url, headers: headers(member) }));
    // The member has no access to the workspace created by the organization's owner.
    expect(listed.items.map((item) => [item.name, item.member_count])).toEqual([
      ['Sales', 1],
      ['Sales', 1],
    ]);
    expect(listed.items[0]?.owner_members.map((owner) => owner.user_id)).toEqual([member.userId]);
    const blank = await api.app.inject({
      method: 'POST',
      url,
      headers: headers(member),
      payload: { name: ' ', description: '' },
    });
    expect(blank.json()).toMatchObject({ code: 'invalid_request', extra: [{ key: 'name' }] });
  });

  it('keep a description that a user wrote, until it is removed', async () => {
    const { workspace, owner } = await api.createWorkspaceFixture();
    const read = async () => {
      const url = `/pumphouse/v1/workspaces/${workspace.id}`;
      return readAnswer('get_workspace_settings', await api.app.inject({ url, headers: headers(owner) }));
    };
    const update = (payload: object) =>
      api.app.inject({
        method: 'PATCH',
        url: `/api/v1/workspaces/${workspace.id}`,
        headers: headers(owner),
        payload,
      });
    expect(await read()).toMatchObject({ id: workspace.id, keeps_description: false });
    await update({ description: 'Of a user' });
    await update({ name: 'Renamed' });
    expect(await read()).toMatchObject({
      name: 'Renamed',
      description: 'Of a user',
      keeps_description: true,
    });
    await update({ description: null });
    expect(await read()).toMatchObject({ description: null, keeps_description: false });
  });

  it('requires a region first, which can be chosen once', async () => {
    const { organization, owner } = await api.createWorkspaceFixture();
    await removeRegion(api.testDatabase.database, organization.id);
    const url = `/api/v1/organizations/${organization.id}`;
    const create = () =>
      api.app.inject({
        method: 'POST',
        url: `${url}/workspaces`,
        headers: headers(owner),
        payload: { name: 'W', description: null },
      });
    const choose = (id: string) =>
      api.app.inject({
        method: 'POST',
        url: `${url}/-set-region`,
        headers: headers(owner),
        payload: { dataplane_id: id },
      });
    expect((await create()).json()).toMatchObject({ code: 'region_not_set', status_code: 409 });
    expect((await choose('moon')).json()).toMatchObject({ code: 'unknown_dataplane', status_code: 400 });
    const { items } = await get('list_dataplanes', '/api/v1/dataplanes');
    const [first] = items;
    expect(readAnswer('set_region_organization', await choose(first?.id ?? '')).dataplane_id).toBe('local');
    expect((await choose(first?.id ?? '')).json()).toMatchObject({
      code: 'region_already_set',
      status_code: 409,
    });
    expect((await create()).statusCode).toBe(201);
  });

  it('changes only the given fields', async () => {
    const { workspace, owner } = await api.createWorkspaceFixture();
    const patch = async (payload: object) => {
      const url = `/api/v1/workspaces/${workspace.id}`;
      const response = await api.app.inject({ method: 'PATCH', url, headers: headers(owner), payload });
      const { name, description } = readAnswer('update_workspace', response);
      return { name, description };
    };
    expect(await patch({ description: 'Mine' })).toEqual({ name: 'W', description: 'Mine' });
    expect(await patch({ name: 'New' })).toEqual({ name: 'New', description: 'Mine' });
    expect(await patch({ description: null })).toEqual({ name: 'New', description: null });
  });
});

describe('the public address', () => {
  it('is in every link, and upload URLs keep the path that the client requires', async () => {
    const other = await createApiFixture({ publicUrl: 'https://pump.example.com/house/' });
    const { workspace, owner } = await other.createWorkspaceFixture();
    const url = `/api/v1/workspaces/${workspace.id}`;
    const read = await other.app.inject({ url, headers: headers(owner) });
    expect(readAnswer('get_workspace', read).dataplane_url).toBe('https://pump.example.com/house');
    const issue = {
      method: 'POST',
      url: `${url}/deployments/-issue-upload`,
      headers: headers(owner),
    } as const;
    const issued = readAnswer('issue_upload_deployment', await other.app.inject(issue));
    expect(issued.upload_url).toBe(
      `https://pump.example.com/api/v1/workspaces/${workspace.id}/deployments/${issued.deployment_id}/-upload`,
    );
    await other.close();
  });
});
