import { describe, expect, it } from 'vitest';
import { useOlderClient } from './testing/use-older-client.ts';
import { decodeJwt } from 'jose';

const older = useOlderClient();
const { ask, send } = older;

describe('the account', () => {
  it('has the fields of every release', async () => {
    const me = await ask('GET', '/me');
    const organization = {
      id: older.context.organization.id,
      name: 'Acme',
      date_added: expect.any(String) as string,
    };
    const workspace = { id: older.context.workspace.id, name: 'W', date_added: expect.any(String) as string };
    expect(me).toMatchObject({
      user_id: older.context.owner.userId,
      email: older.context.owner.principal.email,
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
    const { organization, workspace } = older.context;
    for (const [role, shown] of [
      ['developer', 'owner'],
      ['viewer', 'viewer'],
    ] as const) {
      const place = [
        { id: organization.id, role: 'collaborator' },
        { id: workspace.id, role },
      ] as const;
      const caller = await older.api.createCaller(...place);
      expect(await ask('GET', '/me', { caller })).toMatchObject({ workspaces: [{ role: shown }] });
    }
  });

  it('gives a new user an organization and a workspace', async () => {
    const user = await older.api.persistence.store.people.createUser({
      email: 'new@example.com',
      kind: 'human',
      passwordHash: null,
    });
    const caller = { ...older.context.owner, key: (await older.api.createKey(user.id)).secret };
    const me = await ask('GET', '/me', { caller });
    expect(me).toMatchObject({ workspaces: [{ role: 'owner' }] });
    expect(await ask('GET', '/me', { caller })).toEqual(me);
  });

  it('creates the first workspace of a member without one, and advises a collaborator', async () => {
    const organization = await older.api.createOrganization('Empty');
    const member = await older.api.createCaller({ id: organization.id, role: 'member' });
    expect(await ask('GET', '/me', { caller: member })).toMatchObject({
      last_workspace: { name: 'default' },
    });
    const collaborator = await older.api.createCaller({ id: organization.id, role: 'collaborator' });
    const refused = await send('GET', '/me', { caller: collaborator });
    expect([refused.status, refused.json()['detail']]).toEqual([
      403,
      expect.stringContaining('Ask an owner'),
    ]);
  });

  it('creates a workspace whose description is null or empty', async () => {
    for (const description of [null, '']) {
      const path = `/organizations/${older.context.organization.id}/workspaces`;
      const made = await send('POST', path, { payload: { name: 'team', description } });
      expect([made.status, made.json()]).toMatchObject([201, { name: 'team', description: null }]);
    }
  });
});

describe('members', () => {
  it('of an organization are given a workspace by email or user id, and removed', async () => {
    const { organization, owner } = older.context;
    const user = await older.api.createCaller({ id: organization.id, role: 'member' });
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
    older.api.app.inject({ method: 'POST', url: `/v1${path}`, ...(payload ? { payload } : {}) });

  it.each(['workos', 'github'])('by a code at the routes of %s', async (provider) => {
    const issued = await post(`/${provider}/device-flow/code?invite_code=none`);
    expect(issued.statusCode).toBe(201);
    const { device_code, user_code } = issued.json<{ device_code: string; user_code: string }>();
    const token = `/${provider}/device-flow/token`;
    expect((await post(token, { device_code })).statusCode).toBe(403);
    await older.api.signIn.deviceCodes.approve(user_code.replace('-', ''), older.context.owner.userId);
    const redeemed = await post(token, { device_code });
    expect(redeemed.statusCode).toBe(201);
    const { jwt, refresh_token } = redeemed.json<{ jwt: string; refresh_token: string }>();
    expect(decodeJwt(jwt)).toMatchObject({ aud: ['api', 'cli'], sub: older.context.owner.userId });
    expect((await post(token, { device_code })).statusCode).toBe(400);
    const refreshed = await post('/auth/refresh', { refresh_token });
    expect(refreshed.statusCode).toBe(200);
    expect((await post('/auth/logout', refreshed.json())).statusCode).toBe(204);
    expect((await post('/auth/refresh', refreshed.json())).statusCode).toBe(401);
  });

  it('ends on all devices with one refresh token', async () => {
    const [one, other] = await Promise.all(
      ['one', 'other'].map((client) =>
        older.api.signIn.sessions.begin({ userId: older.context.owner.userId, client }),
      ),
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
    const session = await older.api.signIn.sessions.begin({
      userId: older.context.owner.userId,
      client: 'test',
    });
    const refreshed = await post('/auth/refresh', { refresh_token: session.refreshToken });
    expect(refreshed.json()).toMatchObject({ jwt: expect.any(String) as string });
  });
});

describe('an operation without a counterpart', () => {
  const organization = () => `/organizations/${older.context.organization.id}`;
  it.each<[method: string, path: () => string, advice: string]>([
    ['GET', () => `${organization()}/plan`, 'no plans'],
    ['GET', () => `${organization()}/stats?bucket=1d`, 'Usage in the console'],
    ['POST', () => `${organization()}/members`, 'Invite them'],
    ['GET', () => 'stats?bucket=1d', 'Usage in the console'],
    ['PUT', () => `/internal/job-run-pipeline-summaries/${older.context.workspace.id}/x`, 'summaries'],
  ])('is declined with advice: %s %s', async (method, path, advice) => {
    const { status, json } = await send(method, path(), { payload: {} });
    expect([status, json()]).toEqual([
      400,
      { code: 'not_offered', status_code: 400, detail: expect.stringContaining(advice) as string },
    ]);
  });
});
