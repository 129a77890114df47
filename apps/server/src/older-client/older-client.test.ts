import type { ApiFixture, TestCaller } from '../api/testing/api-fixture.ts';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildArchive } from '../../../../testing/fixtures/workspace-archive.ts';
import { createApiFixture, defineJob } from '../api/testing/api-fixture.ts';
import { ago } from '../../../../testing/fixtures/relative-times.ts';
import { decodeJwt } from 'jose';
import { defineApp } from '../api/testing/deployed-jobs.ts';

let api: ApiFixture;
let url: string;
let context: Awaited<ReturnType<ApiFixture['createWorkspaceFixture']>>;

beforeAll(async () => {
  api = await createApiFixture();
  url = await api.app.listen({ host: '127.0.0.1', port: 0 });
});
beforeEach(async () => {
  context = await api.createWorkspaceFixture();
});
afterAll(() => api.close());

const newest = 'dlt-runtime-cli/0.26.1';

interface CallOptions {
  payload?: object;
  caller?: TestCaller;
  agent?: string;
}

type Answer = Record<string, unknown>;

/** Calls a route below the workspace, or below `/v1` for a path with a slash. */
async function send(method: string, path: string, { payload, caller, agent = newest }: CallOptions = {}) {
  const response = await api.app.inject({
    method: method as 'GET',
    url: path.startsWith('/') ? `/v1${path}` : `/v1/workspaces/${context.workspace.id}/${path}`,
    headers: { authorization: `Bearer ${(caller ?? context.owner).key}`, 'user-agent': agent },
    ...(payload ? { payload } : {}),
  });
  return {
    status: response.statusCode,
    body: response.body,
    json: () => JSON.parse(response.body) as Answer,
  };
}

async function ask(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
  const response = await send(method, path, options);
  expect(response.status, response.body).toBeLessThan(300);
  return response.json();
}

async function upload(kind: 'deployments' | 'configurations', parts: Record<string, Uint8Array | string>) {
  const form = new FormData();
  for (const [name, content] of Object.entries(parts))
    form.append(name, new Blob([typeof content === 'string' ? content : Buffer.from(content)]), name);
  const response = await fetch(`${url}/v1/workspaces/${context.workspace.id}/${kind}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${context.owner.key}` },
    body: form,
  });
  return { status: response.status, body: (await response.json()) as Answer };
}

/** An archive of dlt before 1.26, whose manifest lists neither hashes nor links. */
function buildOlderArchive(files: Record<string, string>): Buffer {
  const items = Object.entries(files)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, content]) => `- relative_path: ${name}\n  size_in_bytes: ${Buffer.byteLength(content)}\n`);
  return buildArchive(files, { manifest: `engine_version: 1\nfiles:\n${items.join('')}` });
}

/** The hash that dlt before 1.26 computes. */
function hashOlder(files: Record<string, string>): string {
  const hash = createHash('sha3-256');
  for (const name of Object.keys(files).toSorted()) hash.update(`files/${name}`).update(files[name] ?? '');
  return hash.digest('base64');
}

const code = { 'pipeline.py': 'print(1)\n', 'a/deep.py': 'print(2)\n', 'requirements.txt': 'dlt==1.27.0\n' };
const requirements = JSON.stringify({ engine_version: 1, python_version: '3.11', groups: { main: [] } });

async function uploadBoth() {
  expect((await upload('deployments', { file: buildOlderArchive(code) })).status).toBe(201);
  const archive = buildOlderArchive({ 'config.toml': 'a = 1\n', 'prod.config.toml': '' });
  expect((await upload('configurations', { file: archive })).status).toBe(201);
}

describe('the account', () => {
  it('has the fields of every release', async () => {
    const me = await ask('GET', '/me');
    const organization = {
      id: context.organization.id,
      name: 'Acme',
      date_added: expect.any(String) as string,
    };
    const workspace = { id: context.workspace.id, name: 'W', date_added: expect.any(String) as string };
    expect(me).toMatchObject({
      user_id: context.owner.userId,
      email: context.owner.principal.email,
      default_organization: organization,
      default_workspace: workspace,
      last_organization: organization,
      last_workspace: workspace,
      personal_organization: organization,
      primary_organization: organization,
      workspaces: [{ ...workspace, role: 'owner', organization, workspace }],
    });
  });

  it('shows a developer as owner, because the client offers a workspace only to owners', async () => {
    const { organization, workspace } = context;
    for (const [role, shown] of [
      ['developer', 'owner'],
      ['viewer', 'viewer'],
    ] as const) {
      const place = [
        { id: organization.id, role: 'collaborator' },
        { id: workspace.id, role },
      ] as const;
      const caller = await api.createCaller(...place);
      expect(await ask('GET', '/me', { caller })).toMatchObject({ workspaces: [{ role: shown }] });
    }
  });

  it('gives a new user an organization and a workspace', async () => {
    const user = await api.persistence.store.people.createUser({
      email: 'new@example.com',
      kind: 'human',
      passwordHash: null,
    });
    const caller = { ...context.owner, key: (await api.createKey(user.id)).secret };
    const me = await ask('GET', '/me', { caller });
    expect(me).toMatchObject({ workspaces: [{ role: 'owner' }] });
    expect(await ask('GET', '/me', { caller })).toEqual(me);
  });

  it('creates the first workspace of a member without one, and advises a collaborator', async () => {
    const organization = await api.createOrganization('Empty');
    const member = await api.createCaller({ id: organization.id, role: 'member' });
    expect(await ask('GET', '/me', { caller: member })).toMatchObject({
      last_workspace: { name: 'default' },
    });
    const collaborator = await api.createCaller({ id: organization.id, role: 'collaborator' });
    const refused = await send('GET', '/me', { caller: collaborator });
    expect([refused.status, refused.json()['detail']]).toEqual([
      403,
      expect.stringContaining('Ask an owner'),
    ]);
  });

  it('creates a workspace whose description is null or empty', async () => {
    for (const description of [null, '']) {
      const path = `/organizations/${context.organization.id}/workspaces`;
      const made = await send('POST', path, { payload: { name: 'team', description } });
      expect([made.status, made.json()]).toMatchObject([201, { name: 'team', description: null }]);
    }
  });
});

describe('members', () => {
  it('of an organization are given a workspace by email or user id, and removed', async () => {
    const { organization, owner } = context;
    const user = await api.createCaller({ id: organization.id, role: 'member' });
    const { email } = user.principal;
    const members = `/organizations/${organization.id}/members`;
    expect(await ask('GET', members)).toContainEqual(
      expect.objectContaining({ user_id: user.userId, email, identity_id: user.membershipId }),
    );
    for (const named of [{ email }, { user_id: user.userId }]) {
      const added = await send('POST', 'members', { payload: { ...named, role: 'viewer' } });
      expect([added.status, added.json()]).toEqual([201, { user_id: user.userId, email, role: 'viewer' }]);
      expect(await ask('GET', 'members')).toContainEqual({ user_id: user.userId, email, role: 'viewer' });
      expect((await send('DELETE', `members/${user.userId}`)).status).toBe(204);
    }
    expect((await send('DELETE', `${members}/${user.userId}`)).status).toBe(204);
    for (const path of [`members/${user.userId}`, `${members}/${user.userId}`]) {
      const gone = await send('DELETE', path);
      expect([gone.status, gone.json()['detail']]).toEqual([404, expect.stringContaining(user.userId)]);
    }
    const payload = { email: 'nobody@example.com', role: 'viewer' };
    const unknown = await send('POST', 'members', { payload });
    expect([unknown.status, unknown.json()['detail']]).toEqual([
      404,
      expect.stringContaining('has no member nobody@example.com. Invite them'),
    ]);
    expect((await send('DELETE', `${members}/${owner.userId}`)).status).toBe(409);
  });
});

describe('signing in', () => {
  const post = (path: string, payload?: object) =>
    api.app.inject({ method: 'POST', url: `/v1${path}`, ...(payload ? { payload } : {}) });

  it.each(['workos', 'github'])('by a code at the routes of %s', async (provider) => {
    const issued = await post(`/${provider}/device-flow/code?invite_code=none`);
    expect(issued.statusCode).toBe(201);
    const { device_code, user_code } = issued.json<{ device_code: string; user_code: string }>();
    const token = `/${provider}/device-flow/token`;
    expect((await post(token, { device_code })).statusCode).toBe(403);
    await api.signIn.deviceCodes.approve(user_code.replace('-', ''), context.owner.userId);
    const redeemed = await post(token, { device_code });
    expect(redeemed.statusCode).toBe(201);
    const { jwt, refresh_token } = redeemed.json<{ jwt: string; refresh_token: string }>();
    expect(decodeJwt(jwt)).toMatchObject({ aud: ['api', 'cli'], sub: context.owner.userId });
    expect((await post(token, { device_code })).statusCode).toBe(400);
    const refreshed = await post('/auth/refresh', { refresh_token });
    expect(refreshed.statusCode).toBe(200);
    expect((await post('/auth/logout', refreshed.json())).statusCode).toBe(204);
    expect((await post('/auth/refresh', refreshed.json())).statusCode).toBe(401);
  });

  it('ends on all devices with one refresh token', async () => {
    const [one, other] = await Promise.all(
      ['one', 'other'].map((client) => api.signIn.sessions.begin({ userId: context.owner.userId, client })),
    );
    const everywhere = '/auth/logout-all-devices';
    expect((await post(everywhere, { refresh_token: one?.refreshToken })).statusCode).toBe(204);
    for (const refresh_token of [one?.refreshToken, other?.refreshToken, 'dlt_r_invented']) {
      expect((await post('/auth/refresh', { refresh_token })).statusCode).toBe(401);
      expect((await post(everywhere, { refresh_token })).statusCode).toBe(401);
    }
  });

  it.each(['workos', 'github'])('with a token of %s is not offered', async (provider) => {
    const response = await post(`/${provider}/token-exchange`, { access_token: 'x' });
    expect([response.statusCode, response.json()]).toEqual([
      400,
      {
        code: 'not_offered',
        status_code: 400,
        detail: expect.stringContaining('dlt runtime login') as string,
      },
    ]);
  });

  it('continues the session of the current client', async () => {
    const session = await api.signIn.sessions.begin({ userId: context.owner.userId, client: 'test' });
    const refreshed = await post('/auth/refresh', { refresh_token: session.refreshToken });
    expect(refreshed.json()).toMatchObject({ jwt: expect.any(String) as string });
  });
});

describe('an operation without a counterpart', () => {
  const organization = () => `/organizations/${context.organization.id}`;
  it.each<[method: string, path: () => string, advice: string]>([
    ['GET', () => `${organization()}/plan`, 'no plans'],
    ['GET', () => `${organization()}/stats?bucket=1d`, 'Usage in the console'],
    ['POST', () => `${organization()}/members`, 'Invite them'],
    ['GET', () => 'stats?bucket=1d', 'Usage in the console'],
    ['PUT', () => `/internal/job-run-pipeline-summaries/${context.workspace.id}/x`, 'summaries'],
  ])('is declined with advice: %s %s', async (method, path, advice) => {
    const { status, json } = await send(method, path(), { payload: {} });
    expect([status, json()]).toEqual([
      400,
      { code: 'not_offered', status_code: 400, detail: expect.stringContaining(advice) as string },
    ]);
  });
});

describe('an upload', () => {
  it('without hashes and requirements is stored with both', async () => {
    const sent = await upload('deployments', { file: buildOlderArchive(code) });
    expect([sent.status, sent.body]).toMatchObject([
      201,
      { version: 1, file_count: 3, content_hash: hashOlder(code) },
    ]);
    const files = await ask('GET', 'deployments/latest/files');
    expect(files).toMatchObject({
      engine_version: 1,
      files: [
        { relative_path: 'a/deep.py', size_in_bytes: 9, sha3_256: expect.any(String) as string },
        {},
        {},
      ],
    });
    const latest = await api.persistence.store.deployments.latest(context.workspace.id);
    expect(latest?.requirements).toMatchObject({ groups: { main: ['dlt==1.27.0'] } });
  });

  it('with the files of the latest version is that version, whatever the client', async () => {
    const older = { file: buildOlderArchive(code) };
    const newer = { files: buildArchive(code), requirements };
    const first = await upload('deployments', older);
    for (const parts of [older, newer, older]) {
      const again = await upload('deployments', parts);
      expect([again.status, again.body]).toMatchObject([201, { id: first.body['id'], version: 1 }]);
      // The client recognizes what it sent.
      const content_hash = again.body['content_hash'];
      expect(await ask('GET', 'deployments/latest')).toMatchObject({ content_hash });
      expect(await ask('GET', 'deployments')).toMatchObject({ items: [{ content_hash }] });
    }
    const { contentHash } = (await api.persistence.store.deployments.latest(context.workspace.id)) ?? {};
    expect((await upload('deployments', newer)).body['content_hash']).toBe(contentHash);
    expect((await upload('deployments', { file: buildOlderArchive({ 'b.py': '' }) })).body['version']).toBe(
      2,
    );
  });

  it('of configuration leaves out what stays on the machine of the user', async () => {
    const files = {
      'config.toml': 'a = 1\n',
      'dev.secrets.toml': 'b = "2"\n',
      'prod.config.toml': '',
      'sub/config.toml': '',
    };
    const sent = await upload('configurations', { file: buildOlderArchive(files) });
    expect([sent.status, sent.body]).toMatchObject([
      201,
      { version: 1, file_count: 2, profiles: 'prod', content_hash: hashOlder(files) },
    ]);
    const again = await upload('configurations', { file: buildOlderArchive(files) });
    expect(again.body['version']).toBe(1);
    const latest = await ask('GET', 'configurations/latest', { agent: 'python-httpx/0.28' });
    expect(latest).toMatchObject({
      file_names: 'config.toml, prod.config.toml',
      content_hash: hashOlder(files),
    });
    expect(await ask('GET', 'configurations')).toMatchObject({ items: [{ content_hash: hashOlder(files) }] });
  });

  it.each<[what: string, parts: Record<string, Uint8Array | string>, detail: string]>([
    ['no archive', { requirements }, 'The part "file" is missing.'],
    ['requirements that are not JSON', { files: buildArchive(code), requirements: '{' }, 'not JSON'],
    ['an archive that is none', { file: 'x'.repeat(100) }, 'not gzip'],
    ['a broken pyproject.toml', { file: buildOlderArchive({ 'pyproject.toml': '[[' }) }, 'pyproject.toml'],
  ])('with %s is rejected', async (_, parts, detail) => {
    const { status, body } = await upload('deployments', parts);
    expect([status, body]).toMatchObject([400, { detail: expect.stringContaining(detail) as string }]);
    expect(body).not.toHaveProperty('extra');
  });

  it('is found by number, and missing before the first', async () => {
    expect((await send('GET', 'deployments/latest')).status).toBe(404);
    await uploadBoth();
    for (const kind of ['deployments', 'configurations']) {
      const found = await ask('GET', `${kind}/1`);
      expect(await ask('GET', `${kind}/${String(found['id'])}`)).toEqual(found);
      expect(await ask('GET', `${kind}?limit=100&offset=0`)).toMatchObject({
        total: 1,
        items: [{ version: 1 }],
      });
      for (const named of ['2', '0', 'x']) expect((await send('GET', `${kind}/${named}`)).status).toBe(404);
    }
  });
});

describe('a posted script', () => {
  beforeEach(uploadBoth);

  const post = (fields: Answer) =>
    ask('POST', 'scripts', {
      payload: { script_type: 'batch', profile: null, ...fields },
      agent: 'dlt-runtime-cli/0.23.0',
    });

  it('becomes the job that later releases deploy for the same file', async () => {
    const posted = await post({
      name: 'pipeline.py',
      entry_point: 'pipeline.py',
      description: 'The pipeline.py script',
      schedule: null,
    });
    expect(posted).toMatchObject({
      name: 'pipeline.py',
      entry_point: 'pipeline.py',
      job_ref: 'jobs.pipeline',
      version: 1,
    });
    const entry_point = {
      module: 'pipeline',
      function: null,
      job_type: 'batch',
      launcher: 'dlt._workspace.deployment.launchers.module',
    };
    const jobs = [
      { job_ref: 'jobs.pipeline', entry_point, execute: {}, triggers: [], expose: { manual: true } },
    ];
    const manifest = {
      jobs,
      job_definition_engine_version: 1,
      job_definition_hash: 'x',
      deployment_module: null,
    };
    expect(await ask('PUT', 'deployment_manifest', { payload: manifest })).toMatchObject({
      added: [],
      updated: [],
      archived: [],
      unchanged: [{ id: posted['id'], version: 1 }],
    });
  });

  it('is found in its folder by the name of its file', async () => {
    const posted = await post({ name: 'deep.py', entry_point: 'deep.py', schedule: null });
    expect(posted).toMatchObject({ job_ref: 'jobs.deep', entry_point: 'a/deep.py' });
    for (const named of ['a/deep.py', 'deep.py', 'jobs.deep', 'jobs.a/deep.py', String(posted['id'])])
      expect(await ask('GET', `scripts/${named}`)).toMatchObject({ id: posted['id'] });
  });

  it('keeps, sets and removes its schedule', async () => {
    const named = { name: 'nightly', entry_point: 'pipeline.py', description: 'Every morning' };
    expect(await post({ ...named, schedule: '0 8 * * *' })).toMatchObject({
      name: 'nightly',
      job_ref: 'jobs.nightly',
      description: 'Every morning',
      schedule: '0 8 * * *',
      version: 1,
    });
    // Release 0.24 leaves the key out where the others send null.
    expect(await post(named)).toMatchObject({ schedule: '0 8 * * *', version: 1 });
    expect(await post({ ...named, schedule: null })).toMatchObject({ schedule: null, version: 2 });
  });

  it('changes in single fields, and keeps its name', async () => {
    const { id } = await post({ name: 'nightly', entry_point: 'pipeline.py', schedule: '0 8 * * *' });
    const change = (payload: Answer) => send('PATCH', `scripts/${String(id)}`, { payload });
    expect((await change({ description: 'Every morning' })).json()).toMatchObject({
      id,
      description: 'Every morning',
      entry_point: 'pipeline.py',
      schedule: '0 8 * * *',
    });
    expect((await change({ schedule: null, profile: 'prod' })).json()).toMatchObject({
      description: 'Every morning',
      schedule: null,
      profile: 'prod',
    });
    expect((await change({ name: 'daily' })).json()['detail']).toContain('keeps its name');
  });

  it('does not change a job of a module', async () => {
    const jobs = [defineJob('jobs.pipeline', { triggers: ['schedule:0 6 * * *'] })];
    const at = { workspaceId: context.workspace.id, membershipId: context.owner.membershipId };
    await api.services.deploy({ ...at, jobs, deploymentModule: '__deployment__', dryRun: false });
    const posted = await post({ name: 'pipeline.py', entry_point: 'pipeline.py', schedule: null });
    expect(posted).toMatchObject({ schedule: '0 6 * * *', version: 1, name: 'jobs.pipeline' });
    const changed = await send('PATCH', 'scripts/jobs.pipeline', { payload: { schedule: null } });
    expect([changed.status, changed.json()['detail']]).toEqual([
      400,
      expect.stringContaining('defined in code'),
    ]);
  });

  it('is rejected when another name has the same job ref', async () => {
    await post({ name: 'a-b', entry_point: 'pipeline.py' });
    const payload = { name: 'a b', entry_point: 'pipeline.py' };
    expect((await send('POST', 'scripts', { payload })).json()['detail']).toContain('too similar');
  });

  it('called dashboard becomes the dashboard of the workspace', async () => {
    const dashboard = {
      name: 'dashboard',
      entry_point: 'dashboard',
      script_type: 'interactive',
      schedule: null,
    };
    const posted = await post({ ...dashboard, interactive_script_type: 'marimo' });
    expect(posted).toMatchObject({
      job_ref: 'jobs.workspace.dashboard',
      script_url: expect.any(String) as string,
    });
    expect(await ask('GET', 'scripts/dashboard')).toMatchObject({ id: posted['id'] });
  });

  it('becomes an app', async () => {
    const app = {
      name: 'nb.py',
      entry_point: 'nb.py',
      script_type: 'interactive',
      interactive_script_type: 'streamlit',
    };
    expect(await post(app)).toMatchObject({
      script_type: 'interactive',
      interactive_script_type: 'streamlit',
      script_url: expect.stringContaining('http') as string,
    });
    const { items } = (await ask('GET', 'scripts/nb.py/versions')) as { items: Answer[] };
    // Later releases name it, so its absence would be a new version.
    expect(items[0]?.['default_trigger']).toBe('http:');
  });
});

describe('a run', () => {
  beforeEach(async () => {
    await uploadBoth();
    const jobs = [
      defineJob('jobs.m.load', { triggers: ['schedule:0 6 * * *'], default_trigger: 'schedule:0 6 * * *' }),
      defineJob('jobs.m.plain'),
      defineApp('jobs.m.app'),
    ];
    const at = { workspaceId: context.workspace.id, membershipId: context.owner.membershipId };
    await api.services.deploy({ ...at, jobs, deploymentModule: '__deployment__', dryRun: false });
  });

  const start = (named = 'jobs.m.load') =>
    ask('POST', 'runs', { payload: { script_id_or_name_or_secret: named, profile: null } });
  const statusOf = async (id: unknown) => (await ask('GET', `runs/${String(id)}`))['status'];

  it('has the fields of every release', async () => {
    const run = await start();
    expect(run).toMatchObject({
      number: 1,
      status: 'pending',
      trigger: 'manual:jobs.m.load',
      configuration_id: expect.any(String) as string,
      deployment_id: expect.any(String) as string,
      script: { name: 'jobs.m.load', schedule: '0 6 * * *', active: true },
    });
    const old = await ask('GET', `runs/${String(run['id'])}`, { agent: 'python-httpx/0.28' });
    expect(old['trigger']).toBe('manual');
    const listed = await ask(
      'GET',
      `runs?script_id=${String((run['script'] as Answer)['id'])}&tz=UTC&include_system_runs=false&limit=1&offset=0`,
    );
    expect(listed).toMatchObject({ total: 1, items: [{ id: run['id'] }] });
    expect(await ask('GET', 'runs/latest')).toMatchObject({ id: run['id'] });
  });

  it.each(['running', 'completed'] as const)(
    'that is %s at the next look was starting once',
    async (status) => {
      const { id } = await start();
      expect(await statusOf(id)).toBe('pending');
      await api.setRun(String(id), {
        status,
        startedAt: new Date(),
        ...(status === 'completed' ? { finishedAt: new Date() } : {}),
      });
      expect([await statusOf(id), await statusOf(id)]).toEqual(['starting', status]);
      // Another client may wait for it, too.
      const { organization, workspace } = context;
      const at = { id: organization.id, role: 'collaborator' } as const;
      const caller = await api.createCaller(at, { id: workspace.id, role: 'viewer' });
      expect(await ask('GET', `runs/${String(id)}`, { caller })).toMatchObject({ status: 'starting' });
    },
  );

  it.each(['failed', 'cancelled'] as const)(
    'that is %s ends the wait of the client itself',
    async (status) => {
      const { id } = await start();
      await api.setRun(String(id), { status, finishedAt: new Date() });
      expect(await statusOf(id)).toBe(status);
    },
  );

  it('that nobody followed is shown as it is', async () => {
    const { id } = await start();
    await api.setRun(String(id), { status: 'running', createdAt: ago({ minutes: 2 }) });
    expect(await statusOf(id)).toBe('running');
  });

  it('that waited for long was starting once, whichever server is asked', async () => {
    const { id } = await start();
    expect(await statusOf(id)).toBe('pending');
    await api.setRun(String(id), {
      status: 'completed',
      createdAt: ago({ hours: 2 }),
      finishedAt: new Date(),
    });
    const shown = await Promise.all(Array.from({ length: 5 }, () => statusOf(id)));
    expect(shown.filter((status) => status !== 'completed')).toEqual(['starting']);
  });

  it('of an app was running once', async () => {
    const { id } = await start('jobs.m.app');
    await api.setRun(String(id), { status: 'completed', finishedAt: new Date() });
    expect([await statusOf(id), await statusOf(id)]).toEqual(['running', 'completed']);
  });

  it('has no log before it starts: null as a text, no lines as a list', async () => {
    const { id } = await start();
    const path = `runs/${String(id)}/logs`;
    expect(await ask('GET', path, { agent: 'python-httpx/0.28' })).toMatchObject({ logs: null, run: { id } });
    expect(await ask('GET', path)).toMatchObject({ logs: [], run: { id } });
  });

  it('is started by a trigger, and skipped in words that the client knows', async () => {
    const payload = { job_refs: ['jobs.m.plain'], refresh: false, dry_run: false };
    const first = await send('POST', 'scripts/trigger', { payload });
    expect([first.status, first.json()]).toMatchObject([
      201,
      { triggered: [{ job_ref: 'jobs.m.plain', status: 'triggered', run: { status: 'pending' } }] },
    ]);
    expect(await ask('POST', 'scripts/trigger', { payload })).toMatchObject({
      triggered: [{ status: expect.stringMatching(/^skipped_/) as string }],
    });
    const unknown = { ...payload, job_refs: ['jobs.nothing'] };
    expect((await send('POST', 'scripts/trigger', { payload: unknown })).status).toBe(404);
    expect(await ask('POST', 'scripts/trigger', { payload: { selectors: ['tag:none'] } })).toEqual({
      triggered: [],
    });
  });

  it('is cancelled by the ref of its job', async () => {
    const { id } = await start();
    const payload = { job_refs: ['jobs.m.load', 'jobs.m.app'], dry_run: false };
    expect(await ask('POST', 'runs/cancel', { payload })).toEqual({
      cancelled: [{ job_ref: 'jobs.m.load', run_id: id, run_number: 1, previous_status: 'pending' }],
      not_running: ['jobs.m.app'],
    });
    const cancelled = await send('POST', `runs/${String(id)}/cancel`);
    expect([cancelled.status, cancelled.json()['detail']]).toEqual([
      409,
      expect.stringContaining('already ended'),
    ]);
    const next = await start();
    const stopped = await send('POST', `runs/${String(next['id'])}/cancel`);
    expect([stopped.status, stopped.json()]).toMatchObject([201, { status: 'cancelled' }]);
  });

  it('is rejected in words that the client shows while the job runs', async () => {
    await start();
    const refused = await send('POST', 'runs', { payload: { script_id_or_name_or_secret: 'jobs.m.load' } });
    expect([refused.status, refused.json()]).toMatchObject([409, { detail: expect.any(String) as string }]);
    expect(refused.json()).not.toHaveProperty('extra');
  });
});

describe('a job', () => {
  beforeEach(async () => {
    await uploadBoth();
    const jobs = [
      defineJob('jobs.m.load', { expose: { category: 'background_agent' } }),
      defineApp('jobs.m.app'),
    ];
    const at = { workspaceId: context.workspace.id, membershipId: context.owner.membershipId };
    await api.services.deploy({ ...at, jobs, deploymentModule: '__deployment__', dryRun: false });
  });

  it('shows only values that the enums of the client have', async () => {
    const { items } = (await ask('GET', 'scripts?archived=false&limit=100&offset=0')) as { items: Answer[] };
    const load = items.find((job) => job['job_ref'] === 'jobs.m.load');
    expect(load?.['job_definition']).toMatchObject({ expose: {} });
    expect(load?.['job_definition']).not.toHaveProperty('expose.category');
  });

  it('is archived and restored, published and unpublished', async () => {
    expect(await ask('PUT', 'scripts/jobs.m.load/archive')).toMatchObject({ archived: true, active: false });
    expect(await ask('DELETE', 'scripts/jobs.m.load/archive')).toMatchObject({ archived: false });
    const published = await send('POST', 'scripts/jobs.m.app/public-url');
    expect([published.status, published.json()]).toMatchObject([
      201,
      { public_url: expect.any(String) as string },
    ]);
    expect(await ask('DELETE', 'scripts/jobs.m.app/public-url')).toMatchObject({ public_url: null });
  });

  it('has versions', async () => {
    const { id } = await ask('GET', 'scripts/jobs.m.load/versions/latest');
    for (const version of ['1', String(id)])
      expect(await ask('GET', `scripts/jobs.m.load/versions/${version}`)).toMatchObject({ id, version: 1 });
    expect(await ask('GET', 'scripts/jobs.m.load/versions')).toMatchObject({ items: [{ id }] });
    expect((await send('GET', 'scripts/jobs.m.load/versions/2')).status).toBe(404);
  });

  it.each(['scripts/nothing.py', 'scripts/jobs.m.load/archive', 'scripts/a/b/c'])(
    'is not found at %s',
    async (path) => {
      const { status, json } = await send('GET', path);
      expect([status, json()['status_code']]).toEqual([404, 404]);
    },
  );
});
