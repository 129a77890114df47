import type { ApiFixture } from '../testing/api-fixture.ts';
import type { AuditEntryResponse, OperationId, Route } from '@pumphouse/contract';
import type { Scene, ScenarioCall } from '../testing/audit-scene.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { auditScenarios, changesNothing } from '../testing/audit-scenarios.ts';
import { createScene, planted } from '../testing/audit-scene.ts';
import { createApiFixture } from '../testing/api-fixture.ts';
import { hashSecret } from '../../services/sign-in/credentials.ts';
import { routes, routesById } from '@pumphouse/contract';
import { readTable } from '../../store/postgres/testing/tables.ts';

interface Row {
  action: string;
  actor_kind: string;
  actor_user_id: string | null;
  actor_email: string | null;
  actor_key_id: string | null;
  address: string | null;
  user_agent: string | null;
  organization_id: string | null;
  workspace_id: string | null;
  target_id: string | null;
  after: unknown;
}

let api: ApiFixture;
let scene: Scene;

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());
beforeEach(async () => {
  scene = await createScene(api);
});

const userAgent = 'a test of the audit log';
const table: readonly Route[] = routes;
const writing = table.filter(
  ({ method, operationId }) => method !== 'GET' && !(operationId in changesNothing),
);

/** Every string sent or returned that looks like a secret of this server. */
const seen = new Set<string>();
function noteSecrets(...texts: string[]): void {
  for (const secret of texts.join(' ').match(/dlt_[a-z]+_[\w-]{43}|eyJ[\w-]+\.[\w-]+\.[\w-]+/g) ?? [])
    seen.add(secret);
}

async function send(route: Route, { params = {}, payload, headers, bearer }: ScenarioCall) {
  const values: Record<string, string> = {
    workspace_id: scene.workspace.id,
    organization_id: scene.organization.id,
    ...params,
  };
  const authorization = `Bearer ${bearer ?? (await scene.bearerFor(route))}`;
  const response = await api.app.inject({
    method: route.method,
    url: route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? `no ${name}`),
    headers: {
      ...(route.credential !== 'none' && { authorization }),
      'user-agent': userAgent,
      ...headers,
    },
    ...(payload ? { payload } : {}),
  });
  noteSecrets(authorization, JSON.stringify(payload ?? {}), response.body);
  return response;
}

const listRows = () =>
  api.testDatabase.database.query<Row>('select * from audit_log where id > $1 order by id', [newest]);

let newest = 0;
async function forgetRows(): Promise<void> {
  const row = await api.testDatabase.database.one<{ id: number | null }>(
    'select max(id) as id from audit_log',
  );
  newest = row.id ?? 0;
}

/** Calls the operation as its scenario describes, and returns the audit rows it wrote. */
async function act(operationId: OperationId): Promise<{ status: number; rows: Row[] }> {
  const scenario = auditScenarios[operationId];
  if (!scenario) throw new Error(`${operationId} has no scenario: add one to api/testing/audit-scenarios.ts`);
  const call = await scenario.prepare(scene);
  await forgetRows();
  const response = await send(routesById[operationId], call);
  expect(response.statusCode, response.body).toBeLessThan(300);
  return { status: response.statusCode, rows: await listRows() };
}

describe.each(writing.map(({ operationId }) => operationId as OperationId))('%s', (operationId) => {
  it('writes one entry with actor and address, and without secrets', async () => {
    const { rows } = await act(operationId);
    expect(rows.map(({ action }) => action)).toEqual([auditScenarios[operationId]?.action]);
    const [row] = rows;
    // Sign-in and sign-out use no credential; the request itself proves the identity.
    const isPublic = routesById[operationId].credential === 'none';
    expect(row).toMatchObject({
      address: '127.0.0.1',
      user_agent: userAgent,
      actor_kind: isPublic ? 'person' : 'key',
      actor_user_id: scene.owner.userId,
      actor_email: scene.owner.principal.email,
      actor_key_id: isPublic ? null : scene.owner.principal.credential?.id,
    });
    const made = await api.persistence.store.people.listOrganizationsOf(scene.owner.userId);
    const organizations = {
      none: null,
      new: made.findLast(({ name }) => name === 'New')?.id,
      own: scene.organization.id,
    };
    expect(row?.organization_id).toBe(organizations[auditScenarios[operationId]?.organization ?? 'own']);
  });
});

it('declares for every operation whether it changes something', () => {
  const isKnown = (id: string) => id in auditScenarios || id in changesNothing;
  const changing = table.filter(({ method }) => method !== 'GET').map(({ operationId }) => operationId);
  expect(changing.filter((id) => !isKnown(id))).toEqual([]);
  const both = Object.keys(auditScenarios).filter((id) => id in changesNothing);
  expect(both).toEqual([]);
  expect(
    [...Object.keys(auditScenarios), ...Object.keys(changesNothing)].filter((id) => !changing.includes(id)),
  ).toEqual([]);
});

it('contains no secret, and no hash of one, in any column of any entry', async () => {
  for (const { operationId } of writing) {
    scene = await createScene(api);
    await act(operationId as OperationId);
  }
  const rows = await readTable(api.testDatabase.database, 'audit_log');
  expect(rows.length).toBeGreaterThan(writing.length);
  const kinds = new Set([...seen].map((secret) => secret.replace(/^(dlt_[a-z]+_|eyJ).*/, '$1')));
  expect([...kinds].toSorted()).toEqual([
    'dlt_c_',
    'dlt_d_',
    'dlt_h_',
    'dlt_i_',
    'dlt_r_',
    'dlt_sa_',
    'dlt_u_',
    'eyJ',
  ]);
  const secrets = [...Object.values(planted), ...seen, scene.webhook.token];
  const found = secrets
    .flatMap((secret) => [secret, hashSecret(secret).toString('hex'), hashSecret(secret).toString('base64')])
    .filter((secret) => rows.some((row) => row.includes(secret)));
  expect(found).toEqual([]);
});

describe('a call that changes nothing', () => {
  it.each([
    'archive_job',
    'unarchive_job',
    'pause_job',
    'resume_job',
    'archive_workspace',
    'unarchive_workspace',
  ] as const)('%s writes nothing when the state is already as requested', async (operationId) => {
    await act(operationId);
    await forgetRows();
    const again = await send(routesById[operationId], { params: { job_id: scene.jobId } });
    expect(again.statusCode).toBe(200);
    expect(await listRows()).toEqual([]);
  });

  it.each<[string, OperationId, object, Record<string, string>?]>([
    [
      'a dry run of a deploy',
      'deploy_workspace',
      { dry_run: true, jobs: [], deployment_module: '__deployment__' },
    ],
    ['a dry run of starts', 'trigger_jobs', { dry_run: true, selectors: ['manual:*'] }],
    ['a start that matches nothing', 'trigger_jobs', { selectors: ['tag:nothing'] }],
    [
      'a variable that is not there and is deleted',
      'update_workspace_variables',
      { profile: null, deletes: ['NONE'] },
    ],
    ['the same name of a workspace', 'update_workspace', { name: 'W' }],
    [
      'the same name of an organization, and the same access',
      'update_organization',
      { name: 'Acme', default_workspace_role: null },
    ],
    ['the same limits', 'set_organization_limits', { concurrent_runs: null, minutes_a_month: null }],
  ])('%s writes nothing', async (_name, operationId, payload) => {
    await forgetRows();
    const whole =
      operationId === 'deploy_workspace' ? { job_definition_engine_version: 1, job_definition_hash: '' } : {};
    const response = await send(routesById[operationId], { payload: { ...whole, ...payload } });
    expect(response.statusCode, response.body).toBe(200);
    expect(await listRows()).toEqual([]);
  });

  it('a deploy of the current state writes nothing', async () => {
    await act('deploy_workspace');
    await forgetRows();
    const call = await auditScenarios.deploy_workspace?.prepare(scene);
    expect((await send(routesById.deploy_workspace, call ?? {})).statusCode).toBe(200);
    expect(await listRows()).toEqual([]);
  });

  it.each<[OperationId, 'owner' | 'viewer']>([
    ['set_organization_member_role', 'owner'],
    ['set_workspace_member', 'viewer'],
  ])('%s to the role the member already has writes nothing', async (operationId, role) => {
    const { membershipId } = await scene.addMember('owner', 'viewer');
    await forgetRows();
    const params = { membership_id: membershipId };
    const again = await send(routesById[operationId], { params, payload: { role } });
    expect(again.statusCode, again.body).toBe(200);
    expect(await listRows()).toEqual([]);
  });

  it('an invitation that is revoked a second time', async () => {
    const call = await auditScenarios.revoke_invitation?.prepare(scene);
    for (const entries of [1, 0]) {
      await forgetRows();
      expect((await send(routesById.revoke_invitation, call ?? {})).statusCode).toBe(204);
      expect(await listRows()).toHaveLength(entries);
    }
  });

  it('a sign-in that only begins or continues', async () => {
    const { refreshToken } = await scene.beginSession();
    const request = {
      code_challenge: hashSecret('a verifier').toString('base64url'),
      redirect_uri: 'http://127.0.0.1:40001/callback',
      state: 'state',
    };
    await forgetRows();
    for (const [operationId, payload] of [
      ['issue_authorization_url_session', request],
      ['issue_device_code_session', {}],
      ['issue_swap_code_session', { refresh_token: refreshToken }],
      ['refresh_session', { refresh_token: refreshToken }],
    ] as const) {
      const response = await send(routesById[operationId], { payload });
      expect(response.statusCode, response.body).toBe(200);
    }
    expect(await listRows()).toEqual([]);
  });

  it('removing a webhook secret that does not exist', async () => {
    await forgetRows();
    const params = { webhook_id: scene.webhook.webhook.id };
    expect((await send(routesById.remove_webhook_signing_secret, { params })).statusCode).toBe(200);
    expect(await listRows()).toEqual([]);
  });

  it('a rejected call leaves no entry', async () => {
    await forgetRows();
    // Each value is within its limit, but together they exceed the scope's limit: rejected after the rows
    // were written.
    const upserts = Array.from({ length: 4 }, (_, n) => ({
      name: `BIG_${n}`,
      type: 'plain',
      value: 'x'.repeat(30_000),
    }));
    const payload = { profile: null, deletes: [], upserts };
    expect((await send(routesById.update_workspace_variables, { payload })).statusCode).toBe(400);
    expect(await listRows()).toEqual([]);
  });
});

describe('the entries', () => {
  it('list the runs cancelled with a workspace, and the runs a call started', async () => {
    const started = await act('trigger_jobs');
    const entry = (await readAfter()) as { run_count: number; runs: { id: string; job: string }[] };
    expect(entry).toMatchObject({
      run_count: 1,
      runs: [{ job: 'jobs.m.scene', trigger: expect.any(String) as string }],
    });
    expect(started.rows[0]?.target_id).toBe(entry.runs[0]?.id);
    await act('archive_workspace');
    expect(await readAfter()).toEqual({ cancelled_run_count: 1 });
  });

  it('name variables with their types, and never a value', async () => {
    await act('update_workspace_variables');
    expect(await readAfter()).toEqual({
      profile: null,
      set: [
        { name: 'TOKEN', type: 'secret' },
        { name: 'PLAIN', type: 'plain' },
      ],
      removed: [],
    });
  });

  const readAfter = async () => (await listRows()).at(-1)?.after;
});

describe('reading the audit log', () => {
  const get = (path: string, key = scene.owner.key) =>
    api.app.inject({ url: `/pumphouse/v1/${path}`, headers: { authorization: `Bearer ${key}` } });
  const ofWorkspace = (query = '') => `workspaces/${scene.workspace.id}/audit-log${query}`;
  const ofOrganization = (query = '') => `organizations/${scene.organization.id}/audit-log${query}`;
  const actionsOf = (body: { items: AuditEntryResponse[] }) => body.items.map(({ action }) => action);

  async function read(path: string) {
    const response = await get(path);
    expect(response.statusCode, response.body).toBe(200);
    const body = response.json<{ items: AuditEntryResponse[]; total: number; next_cursor: string | null }>();
    routesById.list_workspace_audit_log.responses[200].parse(body);
    return body;
  }

  it('returns actor, action, address, before and after, newest first', async () => {
    await act('pause_job');
    await act('update_workspace');
    const { items } = await read(ofWorkspace());
    expect(items[0]).toMatchObject({
      action: 'workspace.update',
      workspace_id: scene.workspace.id,
      organization_id: scene.organization.id,
      actor: { kind: 'key', user_id: scene.owner.userId, address: '127.0.0.1', user_agent: userAgent },
      target: { kind: 'workspace', id: scene.workspace.id, name: 'W' },
      before: { name: 'W' },
      after: { name: 'Renamed' },
    });
    expect(items[1]).toMatchObject({ action: 'job.pause', target: { kind: 'job', name: 'jobs.m.scene' } });
  });

  it('shows an organization its own changes and those of its workspaces, and a workspace only its own', async () => {
    await act('set_organization_limits');
    await act('pause_job');
    const other = scene;
    scene = await createScene(api);
    await act('resume_job');
    scene = other;
    expect(actionsOf(await read(ofOrganization())).slice(0, 2)).toEqual([
      'job.pause',
      'organization.set-limits',
    ]);
    const own = actionsOf(await read(ofWorkspace()));
    expect(own[0]).toBe('job.pause');
    expect(own).not.toContain('organization.set-limits');
    expect(own).not.toContain('job.resume');
  });

  it('pages without gaps or duplicates while new entries arrive', async () => {
    for (let n = 0; n < 3; n += 1) await act(n % 2 === 0 ? 'pause_job' : 'resume_job');
    const whole = (await read(ofWorkspace())).items.map(({ id }) => id);
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page = await read(ofWorkspace(`?limit=2${cursor && `&cursor=${cursor}`}`));
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.next_cursor;
      await act('update_workspace_variables');
    }
    expect(seen).toEqual(whole);
  });

  it('filters by actor, action, target and time', async () => {
    const start = new Date().toISOString();
    await act('pause_job');
    await act('update_workspace');
    const filters = {
      [`action=job.pause`]: ['job.pause'],
      [`action=job.pause&action=workspace.update`]: ['workspace.update', 'job.pause'],
      [`target_id=${scene.jobId}`]: ['job.pause'],
      [`target_kind=workspace&start=${start}`]: ['workspace.update'],
      [`actor_user_id=${scene.owner.userId}`]: ['workspace.update', 'job.pause'],
      [`actor_user_id=${scene.workspace.id}`]: [],
      [`start=${start}`]: ['workspace.update', 'job.pause'],
      [`start=2999-01-01T00:00:00Z`]: [],
      [`sort=at&order=asc&start=${start}`]: ['job.pause', 'workspace.update'],
    };
    for (const [filter, actions] of Object.entries(filters)) {
      expect([filter, actionsOf(await read(ofWorkspace(`?${filter}`)))]).toEqual([filter, actions]);
    }
    expect(actionsOf(await read(ofWorkspace(`?end=${start}`)))).not.toContain('job.pause');
    expect((await get(ofWorkspace('?start=yesterday'))).statusCode).toBe(400);
  });

  it('exports everything as JSON lines', async () => {
    await api.testDatabase.database.execute(
      `insert into audit_log (organization_id, workspace_id, actor_kind, action, target_kind)
       select $1, $2, 'server', 'test.' || n, 'test' from generate_series(1, 2500) as n`,
      [scene.organization.id, scene.workspace.id],
    );
    for (const path of [ofWorkspace(), ofOrganization()]) {
      const response = await get(path.replace('audit-log', 'audit-log/export') + '?target_kind=test');
      expect(response.headers['content-type']).toContain('application/x-ndjson');
      const entries = response.body
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as AuditEntryResponse);
      expect(entries.map(({ action }) => action)).toEqual(
        Array.from({ length: 2500 }, (_, index) => `test.${2500 - index}`),
      );
      routesById.export_workspace_audit_log.responses[200].item.parse(entries[0]);
    }
  });
});
