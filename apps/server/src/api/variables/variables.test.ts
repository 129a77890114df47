import type { ApiFixture, TestCaller } from '../testing/api-fixture.ts';
import type { UpdateWorkspaceVariablesRequest } from '@pumphouse/contract';
import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApiFixture } from '../testing/api-fixture.ts';
import { propertySeed } from '../../../../../testing/fixtures/property-seed.ts';
import { readAnswer } from '../testing/check-answer.ts';
import { readTable } from '../../store/postgres/testing/tables.ts';

let api: ApiFixture;
let context: Awaited<ReturnType<ApiFixture['createWorkspaceFixture']>>;

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());
beforeEach(async () => {
  context = await api.createWorkspaceFixture();
});

/** Calls with the caller's data plane token for the workspace, as the client does. */
async function call(
  method: 'GET' | 'PATCH',
  options: { caller?: TestCaller; query?: string; payload?: object } = {},
) {
  const { caller = context.owner, query = '', payload } = options;
  const { token } = await api.credentials.issueDataplaneToken(caller.principal, context.workspace.id);
  return api.app.inject({
    method,
    url: `/api/v1/workspaces/${context.workspace.id}/variables${query}`,
    headers: { authorization: `Bearer ${token}` },
    ...(payload ? { payload } : {}),
  });
}

const patch = (payload: UpdateWorkspaceVariablesRequest) => call('PATCH', { payload });

async function update(payload: UpdateWorkspaceVariablesRequest): Promise<string[]> {
  const { results } = readAnswer('update_workspace_variables', await patch(payload));
  return results.map(({ name, status }) => `${name} ${status}`);
}

async function list(query = '') {
  return readAnswer('list_workspace_variables', await call('GET', { query })).scopes;
}

const plain = (name: string, value = 'v') => ({ name, type: 'plain' as const, value });
const secret = (name: string, value = 'swordfish') => ({ name, type: 'secret' as const, value });

describe('the variables of a workspace', () => {
  it('are empty at first', async () => {
    expect(await list()).toEqual([{ profile: null, variables: [] }]);
    expect(await list('?scope_profile=prod')).toEqual([{ profile: 'prod', variables: [] }]);
  });

  it('are listed by scope, the workspace’s first, then by name', async () => {
    await update({ profile: 'prod', upserts: [plain('B', 'prod'), plain('A', '')] });
    await update({ profile: 'access', upserts: [secret('A')] });
    await update({ profile: null, upserts: [plain('b', 'small'), secret('TOKEN'), plain('B', 'of all')] });
    const scopes = await list();
    expect(scopes.map(({ profile, variables }) => [profile, variables.map(({ name }) => name)])).toEqual([
      [null, ['B', 'TOKEN', 'b']],
      ['access', ['A']],
      ['prod', ['A', 'B']],
    ]);
    const [ofAll, , prod] = scopes;
    const user = { created_by: context.owner.userId, updated_by: context.owner.userId };
    expect(ofAll?.variables[0]).toMatchObject({ type: 'plain', value: 'of all', ...user });
    expect(ofAll?.variables[1]).toEqual({
      name: 'TOKEN',
      type: 'secret',
      created_at: expect.any(String),
      updated_at: expect.any(String),
      ...user,
    });
    expect(prod?.variables[0]).toMatchObject({ type: 'plain', value: '' });
  });

  it('are listed for one scope on request', async () => {
    await update({ profile: null, upserts: [plain('A')] });
    await update({ profile: 'prod', upserts: [plain('B')] });
    const profiles = async (query: string) => (await list(query)).map(({ profile }) => profile);
    expect(await profiles('?scope_profile=prod')).toEqual(['prod']);
    expect(await profiles('?is_workspace_scope=true')).toEqual([null]);
    expect(await profiles('?is_workspace_scope=false')).toEqual(['prod']);
    expect(await profiles('?is_workspace_scope=false&scope_profile=prod')).toEqual(['prod']);
    const both = await call('GET', { query: '?is_workspace_scope=true&scope_profile=prod' });
    expect(both.json()).toMatchObject({ status_code: 400, code: 'invalid_request' });
  });

  it('are changed as requested, deletes before upserts', async () => {
    await update({ profile: null, upserts: [plain('OLD'), plain('KEPT', '1')] });
    const results = await update({
      profile: null,
      upserts: [plain('Z'), plain('KEPT', '2')],
      deletes: ['NEVER', 'OLD', 'no-name'],
    });
    expect(results).toEqual([
      'NEVER not_found',
      'OLD removed',
      'no-name not_found',
      'Z upserted',
      'KEPT upserted',
    ]);
    const [scope] = await list();
    expect(scope?.variables.map((variable) => [variable.name, variable.value])).toEqual([
      ['KEPT', '2'],
      ['Z', 'v'],
    ]);
    expect(await update({ profile: 'prod', deletes: ['Z'] })).toEqual(['Z not_found']);
    expect(await update({ profile: null })).toEqual([]);
  });

  it('keep their creator and creation time, and record who changed them', async () => {
    await update({ profile: null, upserts: [plain('A', '1')] });
    const [before] = (await list())[0]?.variables ?? [];
    const other = await api.createCaller(
      { id: context.organization.id, role: 'member' },
      { id: context.workspace.id, role: 'owner' },
    );
    await call('PATCH', { caller: other, payload: { profile: null, upserts: [plain('A', '2')] } });
    const [after] = (await list())[0]?.variables ?? [];
    expect(after).toMatchObject({
      created_at: before?.created_at,
      created_by: context.owner.userId,
      updated_by: other.userId,
      value: '2',
    });
  });

  it('can become secret and plain again, but never keep a secret value as plain', async () => {
    await update({ profile: null, upserts: [plain('A', 'open')] });
    await update({ profile: null, upserts: [secret('A')] });
    const [asSecret] = (await list())[0]?.variables ?? [];
    expect(asSecret?.type).toBe('secret');
    expect(JSON.stringify(asSecret)).not.toMatch(/open|swordfish/);
    const refused = await patch({ profile: null, upserts: [{ name: 'A', type: 'plain' } as never] });
    expect(refused.statusCode).toBe(400);
    await update({ profile: null, upserts: [plain('A', 'another')] });
    const [asPlain] = (await list())[0]?.variables ?? [];
    expect(asPlain).toMatchObject({ type: 'plain', value: 'another' });
    expect(JSON.stringify(await dump())).not.toContain(Buffer.from('swordfish').toString('hex'));
  });

  it('belong to one workspace', async () => {
    await update({ profile: null, upserts: [plain('A')] });
    context = await api.createWorkspaceFixture();
    expect(await update({ profile: null, deletes: ['A'] })).toEqual(['A not_found']);
    expect(await list()).toEqual([{ profile: null, variables: [] }]);
  });
});

/** Rows of the table, as text. */
const dump = () => readTable(api.testDatabase.database, 'variables');

describe('a rejected change', () => {
  beforeEach(() => update({ profile: null, upserts: [plain('A', '1'), plain('B', '1')] }));

  it.each<[string, UpdateWorkspaceVariablesRequest, string, string[]]>([
    [
      'names that Pumphouse sets',
      { profile: null, upserts: [plain('NEW'), plain('PATH'), secret('SEND__ARTIFACTS__BUCKET_URL')] },
      'reserved_variable_name',
      ['PATH', 'SEND__ARTIFACTS__BUCKET_URL'],
    ],
    [
      'a bad name',
      { profile: null, upserts: [plain('NEW'), plain('a b')] },
      'invalid_request',
      ['upserts.1.name'],
    ],
    [
      'an empty secret',
      { profile: null, upserts: [secret('NEW', '')] },
      'invalid_request',
      ['upserts.0.value'],
    ],
    ['a name twice', { profile: null, deletes: ['A'], upserts: [plain('A')] }, 'invalid_request', ['A']],
    ['a NUL', { profile: null, upserts: [plain('NEW', 'a\0b')] }, 'invalid_request', ['upserts.0.value']],
    ['the profile dev', { profile: 'dev', upserts: [plain('NEW')] }, 'invalid_profile', ['profile']],
    ['the profile tests', { profile: 'tests', deletes: ['A'] }, 'invalid_profile', ['profile']],
    [
      'more than a scope holds',
      { profile: null, upserts: Array.from({ length: 500 }, (_, index) => plain(`N${index}`)) },
      'variable_limit_exceeded',
      [],
    ],
    [
      'more bytes than a scope holds',
      { profile: null, upserts: ['X', 'Y'].map((name) => plain(name, 'x'.repeat(32 * 1024))) },
      'variable_limit_exceeded',
      [],
    ],
  ])('for %s names the variable and changes nothing', async (_, change, code, keys) => {
    const before = await dump();
    const response = await patch({ deletes: ['B'], ...change });
    expect(response.statusCode, response.body).toBe(400);
    const body: { code: string; extra: { key: string }[] } = response.json();
    expect(body.code).toBe(code);
    expect(body.extra.map(({ key }) => key)).toEqual(expect.arrayContaining(keys));
    expect(await dump()).toEqual(before);
  });

  it('to an archived workspace leaves the variables readable', async () => {
    await api.services.workspaces.archive(context.workspace.id);
    for (const change of [{ upserts: [plain('C')] }, { deletes: ['A'] }]) {
      const response = await patch({ profile: null, ...change });
      expect(response.json()).toMatchObject({ code: 'workspace_archived', status_code: 409 });
    }
    expect((await list())[0]?.variables).toHaveLength(2);
  });
});

describe('access to variables', () => {
  it.each(['viewer', 'developer'] as const)('is denied to a %s', async (role) => {
    await update({ profile: null, upserts: [plain('A', 'not for them')] });
    const caller = await api.createCaller(
      { id: context.organization.id, role: 'owner' },
      { id: context.workspace.id, role },
    );
    const before = await dump();
    const payload = { profile: null, upserts: [plain('A', 'theirs')], deletes: [] };
    for (const response of [await call('GET', { caller }), await call('PATCH', { caller, payload })]) {
      expect(response.json()).toMatchObject({ status_code: 403, code: 'forbidden' });
      expect(response.body).not.toContain('not for them');
    }
    expect(await dump()).toEqual(before);
  });

  it('is denied with a token of another workspace, even if the user owns both', async () => {
    const other = await api.createWorkspaceFixture();
    const membership = await api.persistence.store.people.addMember(
      other.organization.id,
      context.owner.userId,
      'owner',
    );
    await api.persistence.store.workspaces.addMember(other.workspace.id, membership.id, 'owner');
    const { token } = await api.credentials.issueDataplaneToken(context.owner.principal, other.workspace.id);
    for (const method of ['GET', 'PATCH'] as const) {
      const response = await api.app.inject({
        method,
        url: `/api/v1/workspaces/${context.workspace.id}/variables`,
        headers: { authorization: `Bearer ${token}` },
        ...(method === 'PATCH' ? { payload: { profile: null, upserts: [plain('A')] } } : {}),
      });
      expect(response.json()).toMatchObject({ status_code: 404, code: 'not_found' });
    }
  });
});

it('no response and no row ever contains a secret value', async () => {
  /** Long enough not to occur by chance. */
  const value = fc
    .tuple(fc.uuid(), fc.string({ unit: 'grapheme', maxLength: 40 }))
    .map(([id, text]) => `${id}${text.replaceAll('\0', '')}`);
  const name = fc.constantFrom('A', 'B', 'PATH', 'bad name', '');
  const change = fc.record({
    profile: fc.constantFrom(null, 'prod', 'dev'),
    upserts: fc.array(fc.record({ name, type: fc.constant('secret' as const), value }), { maxLength: 4 }),
    deletes: fc.subarray(['A', 'C']),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
      const output: string[] = [];
      for (const one of changes) output.push((await patch(one)).body);
      // Sends a secret value in the wrong field.
      for (const one of changes)
        output.push(
          (
            await patch({
              ...one,
              upserts: one.upserts.map((upsert) => ({ ...upsert, type: upsert.value })),
            } as never)
          ).body,
        );
      output.push(
        (await call('GET')).body,
        (await call('GET', { query: '?scope_profile=prod' })).body,
        ...(await dump()),
      );
      const everything = output.join('\n');
      for (const { value } of changes.flatMap(({ upserts }) => upserts)) {
        const id = value.slice(0, 36);
        for (const form of [
          id,
          Buffer.from(id).toString('hex'),
          Buffer.from(id).toString('base64').slice(0, -2),
        ])
          expect(everything).not.toContain(form);
      }
    }),
    { seed: propertySeed, numRuns: 40 },
  );
});
