import type { ApiFixture, TestCaller } from '../testing/api-fixture.ts';
import type { SavedViewResponse } from '@pumphouse/contract';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApiFixture } from '../testing/api-fixture.ts';
import { maximumSavedViews } from '@pumphouse/contract';
import { readAnswer } from '../testing/check-answer.ts';

let api: ApiFixture;
let workspaceId: string;
let owner: TestCaller;
let developer: TestCaller;
let viewer: TestCaller;

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());
beforeEach(async () => {
  const context = await api.createWorkspaceFixture();
  owner = context.owner;
  workspaceId = context.workspace.id;
  const organization = { id: context.organization.id, role: 'member' as const };
  developer = await api.createCaller(organization, { id: workspaceId, role: 'developer' });
  viewer = await api.createCaller(organization, { id: workspaceId, role: 'viewer' });
});

const failures = { page: 'runs', name: 'Failures', search: 'status=failed&range=24h' };

function send({ key }: TestCaller, method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path = '', payload?: object) {
  const url = `/pumphouse/v1/workspaces/${workspaceId}/saved-views${path}`;
  return api.app.inject({
    method,
    url,
    headers: { authorization: `Bearer ${key}` },
    ...(payload && { payload }),
  });
}
const save = async (caller: TestCaller, body: object = failures): Promise<SavedViewResponse> =>
  readAnswer('create_saved_view', await send(caller, 'POST', '', body));
const list = async (caller: TestCaller) => readAnswer('list_saved_views', await send(caller, 'GET')).views;
const refusalOf = async (answer: ReturnType<typeof send>) => {
  const response = await answer;
  return [response.statusCode, response.json<{ code: string }>().code];
};

describe('a saved view', () => {
  it('is listed for its user alone until it is shared', async () => {
    const view = await save(developer);
    expect(view).toMatchObject({ ...failures, is_shared: false, is_own: true, may_manage: true });
    expect(await list(developer)).toEqual([view]);
    expect(await list(viewer)).toEqual([]);
    const shared = await send(developer, 'PATCH', `/${view.id}`, { is_shared: true });
    expect(readAnswer('update_saved_view', shared)).toEqual({ ...view, is_shared: true });
    expect(await list(viewer)).toEqual([{ ...view, is_shared: true, is_own: false, may_manage: false }]);
  });

  it('is renamed and gets other filters', async () => {
    const view = await save(viewer);
    const part = { name: 'Late', search: 'status=pending' };
    await send(viewer, 'PATCH', `/${view.id}`, part);
    expect(await list(viewer)).toEqual([{ ...view, ...part }]);
  });

  it('is deleted by its user', async () => {
    const view = await save(viewer);
    expect((await send(viewer, 'DELETE', `/${view.id}`)).statusCode).toBe(204);
    expect(await list(viewer)).toEqual([]);
  });

  it('lists own views first, each by name', async () => {
    await save(owner, { ...failures, name: 'A', is_shared: true });
    await save(developer, { ...failures, name: 'Z' });
    await save(developer, { ...failures, name: 'M' });
    expect((await list(developer)).map(({ name }) => name)).toEqual(['M', 'Z', 'A']);
  });
});

describe('a shared view of another user', () => {
  it('is renamed and deleted by an owner of the workspace', async () => {
    const view = await save(developer, { ...failures, is_shared: true });
    expect(await list(owner)).toEqual([{ ...view, is_own: false, may_manage: true }]);
    const renamed = await send(owner, 'PATCH', `/${view.id}`, { name: 'Ours' });
    expect(readAnswer('update_saved_view', renamed)).toMatchObject({ name: 'Ours', is_own: false });
    expect((await send(owner, 'DELETE', `/${view.id}`)).statusCode).toBe(204);
    expect(await list(developer)).toEqual([]);
  });

  it('keeps its filters, and stays shared, also when an owner asks', async () => {
    const view = await save(developer, { ...failures, is_shared: true });
    for (const part of [{ search: 'status=pending' }, { is_shared: false }, { name: 'Ours', search: '' }])
      expect(await refusalOf(send(owner, 'PATCH', `/${view.id}`, part))).toEqual([403, 'forbidden']);
    expect(await list(developer)).toEqual([view]);
  });

  it('is not renamed to a name that its user has given', async () => {
    const view = await save(developer, { ...failures, is_shared: true });
    await save(developer, { ...failures, name: 'Other' });
    const renamed = send(owner, 'PATCH', `/${view.id}`, { name: 'Other' });
    expect(await refusalOf(renamed)).toEqual([409, 'saved_view_exists']);
  });
});

describe('a change is rejected', () => {
  it('if a viewer shares', async () => {
    const answer = send(viewer, 'POST', '', { ...failures, is_shared: true });
    expect(await refusalOf(answer)).toEqual([403, 'forbidden']);
    const view = await save(viewer);
    const shared = send(viewer, 'PATCH', `/${view.id}`, { is_shared: true });
    expect(await refusalOf(shared)).toEqual([403, 'forbidden']);
    expect(await list(owner)).toEqual([]);
  });

  it('if the view is of another user, and the user no owner of the workspace, or it is not shared', async () => {
    const [own, shared] = [
      await save(developer),
      await save(developer, { ...failures, name: 'Shared', is_shared: true }),
    ];
    for (const method of ['PATCH', 'DELETE'] as const) {
      const payload = method === 'PATCH' ? { name: 'Mine' } : undefined;
      for (const other of [owner, viewer])
        expect(await refusalOf(send(other, method, `/${own.id}`, payload))).toEqual([404, 'not_found']);
      expect(await refusalOf(send(viewer, method, `/${shared.id}`, payload))).toEqual([403, 'forbidden']);
    }
    expect((await list(developer)).map(({ name }) => name)).toEqual(['Failures', 'Shared']);
  });

  it('if the user has a view with the name; other users may have one', async () => {
    await save(developer);
    await save(viewer);
    expect(await refusalOf(send(developer, 'POST', '', failures))).toEqual([409, 'saved_view_exists']);
    const other = await save(developer, { ...failures, name: 'Other' });
    const renamed = send(developer, 'PATCH', `/${other.id}`, { name: 'Failures' });
    expect(await refusalOf(renamed)).toEqual([409, 'saved_view_exists']);
  });

  it('if the user has too many', async () => {
    const { savedViews } = api.persistence.store;
    const { userId } = await userOfKey();
    for (let n = 0; n < maximumSavedViews; n += 1)
      await savedViews.insert(
        { workspaceId, userId, page: 'runs' },
        { name: `View ${n}`, search: '', isShared: false },
      );
    expect(await refusalOf(send(viewer, 'POST', '', failures))).toEqual([409, 'saved_view_limit']);
  });

  it.each([
    ['a name of spaces', { ...failures, name: '  ' }],
    ['another page', { ...failures, page: 'moon' }],
    ['a long search', { ...failures, search: 'q'.repeat(2001) }],
  ])('for %s', async (_what, body) => {
    expect((await send(owner, 'POST', '', body)).statusCode).toBe(400);
  });

  it('in an archived workspace', async () => {
    await api.services.workspaces.archive(workspaceId);
    expect(await refusalOf(send(owner, 'POST', '', failures))).toEqual([409, 'workspace_archived']);
  });
});

/** The user who is the viewer. */
async function userOfKey(): Promise<{ userId: string }> {
  const { principal } = viewer;
  if (principal.kind !== 'user') throw new Error('The viewer is a user');
  return principal;
}
