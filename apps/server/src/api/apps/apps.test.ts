import type { ApiFixture, TestCaller } from '../testing/api-fixture.ts';
import type { VisitedApp } from '../../services/apps/app-visits.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApiFixture, defineJob } from '../testing/api-fixture.ts';
import { createBrowserSessions } from '../../services/sign-in/browser-sessions.ts';
import { defineApp, deployJobs } from '../testing/deployed-jobs.ts';
import { readAnswer } from '../testing/check-answer.ts';
import { setColumns } from '../../store/postgres/testing/set-columns.ts';

let api: ApiFixture;
let context: Awaited<ReturnType<ApiFixture['createWorkspaceFixture']>>;
let owner: TestCaller;
let viewer: TestCaller;
let app: VisitedApp & { jobRef: string };
let batchId: string;

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());

beforeEach(async () => {
  context = await api.createWorkspaceFixture();
  const { organization, workspace } = context;
  owner = context.owner;
  viewer = await api.createCaller(
    { id: organization.id, role: 'member' },
    { id: workspace.id, role: 'viewer' },
  );
  const { idOf } = await deployJobs(api, workspace.id, owner, [
    defineJob('jobs.load'),
    defineApp('jobs.board'),
  ]);
  app = { id: idOf('jobs.board'), workspaceId: workspace.id, jobRef: 'jobs.board' };
  batchId = idOf('jobs.load');
});

const visits = () => api.services.apps.visits;

function send(caller: TestCaller, method: 'GET' | 'POST', path: string, payload?: object) {
  return api.app.inject({
    method,
    url: path.replace('{workspace}', context.workspace.id),
    headers: { authorization: `Bearer ${caller.key}` },
    ...(payload && { payload }),
  });
}

const ofApp = (operation: string) => `/pumphouse/v1/workspaces/{workspace}/apps/${app.id}${operation}`;
const ofJob = (operation: string) => `/api/v1/workspaces/{workspace}/jobs/${app.id}${operation}`;
const secretOf = (url: string) => url.split('/').at(-1) ?? '';

const open = (url: string, password: string | null = null) =>
  visits().openLink(app, { secret: secretOf(url), password, address: '127.0.0.1' });

describe('an app', () => {
  it('is listed with its own origin and as stopped before the first visit; other jobs are not listed', async () => {
    const list = readAnswer(
      'list_apps',
      await send(owner, 'GET', '/pumphouse/v1/workspaces/{workspace}/apps'),
    );
    expect(list).toMatchObject({
      is_truncated: false,
      items: [
        {
          job_id: app.id,
          state: 'stopped',
          url: `http://board-${app.id.slice(-12)}.localhost:8090`,
          bare_url: `http://localhost:8090/board-${app.id.slice(-12)}`,
          public_link: null,
          idle_seconds: 1800,
          job_run: null,
        },
      ],
    });
    const job = readAnswer('get_job', await send(owner, 'GET', ofJob('')));
    expect([job.job_url, job.public_url]).toEqual([`${list.items[0]?.url}/start`, null]);
  });

  it('reports that its job is archived', async () => {
    const read = async () => readAnswer('get_app', await send(owner, 'GET', ofApp('')));
    expect((await read()).is_archived).toBe(false);
    await send(owner, 'POST', ofJob('/-archive'));
    expect((await read()).is_archived).toBe(true);
  });

  it('does not exist for a job that is not interactive', async () => {
    const path = `/pumphouse/v1/workspaces/{workspace}/apps/${batchId}`;
    expect((await send(owner, 'GET', path)).json()).toMatchObject({ code: 'not_interactive' });
    const publish = `/api/v1/workspaces/{workspace}/jobs/${batchId}/-publish`;
    expect((await send(owner, 'POST', publish)).json()).toMatchObject({ code: 'not_interactive' });
  });
});

describe('admitting a member to an app', () => {
  it("redirects to the app's start page when no other page was requested", async () => {
    const { url } = readAnswer('open_app', await send(viewer, 'POST', ofApp('/-open'), {}));
    expect(new URL(url).searchParams.get('to')).toBe('/start');
  });

  it('takes a single-use code, and ends when the member loses the role', async () => {
    const { url } = readAnswer('open_app', await send(viewer, 'POST', ofApp('/-open'), { path: '/a?b=c' }));
    const address = new URL(url);
    expect([address.pathname, address.searchParams.get('to')]).toEqual(['/-pumphouse/enter', '/a?b=c']);
    const code = address.searchParams.get('code') ?? '';
    const visit = await visits().enter(app, code);
    expect(visit?.session).toMatchObject({ userId: viewer.userId, publicationId: null });
    expect(await visits().enter(app, code)).toBeNull();
    const secret = visit?.secret ?? '';
    expect(await visits().find(app, secret)).toMatchObject({ id: visit?.session.id });
    expect(await visits().find({ ...app, id: batchId }, secret)).toBeNull();
    const visitors = readAnswer('list_app_visitors', await send(owner, 'GET', ofApp('/visitors')));
    expect(visitors.items).toMatchObject([{ email: viewer.principal.email, session_count: 1 }]);

    await api.persistence.store.people.setDisabled(viewer.userId, true);
    expect(await visits().find(app, secret)).toBeNull();
    const asked = [{ sessionId: visit?.session.id ?? '', workspaceId: app.workspaceId }];
    expect([...(await visits().findEnded(asked))]).toEqual([visit?.session.id]);
  });

  it('accepts keys of users who may see the app, and no others', async () => {
    expect(await visits().findKey(app, viewer.key)).not.toBeNull();
    const stranger = await api.createWorkspaceFixture();
    expect(await visits().findKey(app, stranger.owner.key)).toBeNull();
    expect(await visits().findKey(app, 'dlt_u_nothing')).toBeNull();
  });

  it('knows all tokens that this server signed, and no others', async () => {
    const { credentials } = api;
    const { principal } = viewer;
    const grant = { workspaceId: app.workspaceId, kind: 'deployment', uploadId: app.id } as const;
    const session = { id: app.id, userId: viewer.userId, email: 'viewer@example.com' };
    const signed = [
      (await credentials.issuePersonToken(session)).token,
      await credentials.issueKeyToken(viewer.key),
      (await credentials.issueDataplaneToken(principal, app.workspaceId)).token,
      (await credentials.issueUploadToken(principal, grant)).token,
      await credentials.issueRunToken(app.id),
    ];
    expect(signed.map((token) => visits().isOwnToken(token))).toEqual(signed.map(() => true));
    const others = signed.map((token) => token.replace(/.{4}$/, (end) => (end === 'AAAA' ? 'BBBB' : 'AAAA')));
    for (const other of [...others, '', '..', 'a.b.c', 'dlt_u_nothing'])
      expect(visits().isOwnToken(other), other).toBe(false);
  });

  it('ends when the key is revoked', async () => {
    const keyId = (await visits().findKey(app, viewer.key)) ?? '';
    expect(await visits().isKeyGood(app, keyId)).toBe(true);
    const elsewhere = await api.createWorkspaceFixture();
    expect(await visits().isKeyGood({ workspaceId: elsewhere.workspace.id }, keyId)).toBe(false);
    await api.persistence.store.keys.revoke(keyId);
    // A key may be remembered for five seconds.
    api.credentials.forget();
    expect(await visits().isKeyGood(app, keyId)).toBe(false);
  });

  it('ends when the user signs out', async () => {
    const { url } = readAnswer('open_app', await send(viewer, 'POST', ofApp('/-open'), {}));
    const visit = await visits().enter(app, new URL(url).searchParams.get('code') ?? '');
    const sessions = createBrowserSessions(api.persistence);
    const account = { id: viewer.userId, email: viewer.principal.email };
    const signedIn = await sessions.find(await sessions.begin(account, 'password'));
    expect(await visits().find(app, visit?.secret ?? '')).not.toBeNull();
    if (signedIn) await sessions.end(signedIn);
    expect(await visits().find(app, visit?.secret ?? '')).toBeNull();
  });
});

describe('a public link', () => {
  it('stays the same until it is replaced or revoked', async () => {
    const first = readAnswer('publish_job', await send(owner, 'POST', ofJob('/-publish')));
    expect(await open(first.public_url ?? '')).toMatchObject({ kind: 'visit' });
    const second = readAnswer('publish_app', await send(owner, 'POST', ofApp('/-publish'), {}));
    expect(second.url).not.toBe(first.public_url);
    expect(await open(first.public_url ?? '')).toEqual({ kind: 'none' });
    const opened = await open(second.url);
    const visit = opened.kind === 'visit' ? opened.visit : null;
    expect(readAnswer('get_job', await send(viewer, 'GET', ofJob(''))).public_url).toBe(second.url);

    const after = readAnswer('unpublish_job', await send(owner, 'POST', ofJob('/-unpublish')));
    expect(after.public_url).toBeNull();
    expect(await open(second.url)).toEqual({ kind: 'none' });
    expect(await visits().find(app, visit?.secret ?? '')).toBeNull();
  });

  it('expires, and asks for its password as often as configured', async () => {
    const link = readAnswer(
      'publish_app',
      await send(owner, 'POST', ofApp('/-publish'), {
        password: 'open sesame',
        expires_at: new Date(Date.now() + 3_600_000).toISOString(),
      }),
    );
    expect(link).toMatchObject({ has_password: true });
    expect(await open(link.url)).toEqual({ kind: 'password', wasWrong: false, retryAfterSeconds: null });
    expect(await open(link.url, 'open')).toEqual({
      kind: 'password',
      wasWrong: true,
      retryAfterSeconds: null,
    });
    expect(await open(link.url, 'open sesame')).toMatchObject({ kind: 'visit' });
    await setColumns(
      api.testDatabase.database,
      'app_publications',
      { expiresAt: new Date() },
      { jobId: app.id },
    );
    expect(await open(link.url, 'open sesame')).toEqual({ kind: 'none' });
  });

  it('limits password attempts', async () => {
    const published = await send(owner, 'POST', ofApp('/-publish'), { password: 'open sesame' });
    const { url } = readAnswer('publish_app', published);
    for (let tries = 0; tries < 10; tries += 1) await open(url, 'wrong');
    expect(await open(url, 'open sesame')).toEqual({
      kind: 'password',
      wasWrong: true,
      retryAfterSeconds: 900,
    });
  });
});
