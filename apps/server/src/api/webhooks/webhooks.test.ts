import type { ApiFixture } from '../testing/api-fixture.ts';
import type { JobDefinition } from '../../domain/jobs/job-definition.ts';
import type { WebhookResponse } from '@pumphouse/contract';
import { createHmac } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildApi } from '../../compose/build-api.ts';
import { buildRunsApi } from '../../compose/build-runs-api.ts';
import { createApiFixture, defineJob } from '../testing/api-fixture.ts';
import { readAnswer } from '../testing/check-answer.ts';
import { ago } from '../../../../../testing/fixtures/relative-times.ts';
import { setColumns } from '../../store/postgres/testing/set-columns.ts';

const secret = 'a secret of some length';
const unlimited = { execute: { concurrency: null } };

let api: ApiFixture;
let context: Awaited<ReturnType<ApiFixture['createWorkspaceFixture']>>;

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());
beforeEach(async () => {
  context = await api.createWorkspaceFixture();
  await api.createPackages(context.workspace.id, context.owner.membershipId);
});

function deploy(jobs: JobDefinition[]) {
  return api.services.deploy({
    workspaceId: context.workspace.id,
    membershipId: context.owner.membershipId,
    jobs,
    deploymentModule: '__deployment__',
    dryRun: false,
  });
}

/** A job that listens to a webhook and allows any number of active runs. */
function listener(name: string, trigger: string, keys: Partial<JobDefinition> = {}) {
  return defineJob(`jobs.m.${name}`, { triggers: [trigger], ...unlimited, ...keys });
}

async function call(method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, payload?: object) {
  return api.app.inject({
    method,
    url: `/pumphouse/v1/workspaces/${context.workspace.id}/${path}`,
    headers: { authorization: `Bearer ${context.owner.key}` },
    ...(payload ? { payload } : {}),
  });
}

async function list(): Promise<WebhookResponse[]> {
  return readAnswer('list_webhooks', await call('GET', 'webhooks')).webhooks;
}

async function only(): Promise<WebhookResponse> {
  const [webhook, ...others] = await list();
  if (!webhook || others.length > 0) throw new Error('There is not exactly one webhook');
  return webhook;
}

/** Deploys jobs, and returns their only webhook. */
async function deployListener(...jobs: JobDefinition[]): Promise<WebhookResponse> {
  await deploy(jobs.length > 0 ? jobs : [listener('orders', 'webhook:orders')]);
  return only();
}

type Headers = Record<string, string>;

async function send(url: string, body: string | Buffer = '{}', headers: Headers = {}) {
  const response = await api.app.inject({
    method: 'POST',
    url: new URL(url).pathname,
    headers: { 'content-type': 'application/json', ...headers },
    payload: body,
  });
  return { status: response.statusCode, body: response.json<DeliveryBody>() };
}

interface DeliveryBody {
  started: { job_ref: string; job_run_id: string }[];
  declined: { job_ref: string; status: string; reasons: string[] }[];
  repeated: boolean;
  code?: string;
  detail: string;
  extra?: { declined: DeliveryBody['declined'] };
}

async function countRuns(): Promise<number> {
  const { store } = api.persistence;
  return (await store.jobRuns.list(context.workspace.id, { leaveOutSkipped: true })).count(1000);
}

function sign(body: string, { at = Date.now() / 1000, key = secret } = {}): Headers {
  const time = Math.floor(at);
  const hex = createHmac('sha256', key).update(`${time}.${body}`).digest('hex');
  return { 'x-pumphouse-signature': `t=${time},v1=${hex}` };
}

function signAsGitHub(body: string): Headers {
  return { 'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}` };
}

async function setSecret({ id }: WebhookResponse, signingSecret = secret) {
  const answer = await call('PUT', `webhooks/${id}/signing-secret`, { signing_secret: signingSecret });
  return readAnswer('set_webhook_signing_secret', answer);
}

describe('a delivery', () => {
  it('starts the jobs that listen on its path, with the body as their input', async () => {
    const jobs = [
      listener('first', 'webhook:orders'),
      listener('second', 'webhook:/orders/'),
      listener('bare', 'webhook:'),
      listener('deeper', 'webhook:orders/new'),
      defineJob('jobs.m.other'),
    ];
    await deploy(jobs);
    const urlOf = new Map((await list()).map(({ path, url }) => [path, url]));
    const { status, body } = await send(urlOf.get('orders') ?? '', '{"id": 12345678901234567890}');
    expect(status).toBe(202);
    expect(body).toMatchObject({ declined: [], repeated: false });
    expect(body.started.map(({ job_ref: ref }) => ref).toSorted()).toEqual(['jobs.m.first', 'jobs.m.second']);
    expect(await countRuns()).toBe(2);
    const runId = body.started.find(({ job_ref: ref }) => ref === 'jobs.m.second')?.job_run_id ?? '';
    expect(await api.persistence.store.jobRuns.find(runId)).toMatchObject({
      status: 'pending',
      trigger: 'webhook:/orders/',
      triggerKind: 'webhook',
      triggeredBy: null,
      previousJobRunId: null,
      profile: 'prod',
    });
    const input = readAnswer('get_job_run_input', await call('GET', `job-runs/${runId}/input`));
    expect(input).toEqual({
      job_run_id: runId,
      input: '{"id": 12345678901234567890}',
      used_as: 'context',
    });
  });

  it.each([
    ['', '/'],
    ['orders', '/'],
    ['größe & co/new', ''],
  ])('reaches the path %j', async (path, end) => {
    const { url } = await deployListener(listener('f', `webhook:${path}`));
    expect((await send(url + end)).status).toBe(202);
  });

  it.each([
    ['no body', undefined, {}],
    ['an empty body of JSON', '', { 'content-type': 'application/json' }],
    ['an empty body of another type', '', { 'content-type': 'application/x-www-form-urlencoded' }],
  ])('has no input with %s', async (_, payload, headers) => {
    const { url } = await deployListener();
    const { pathname } = new URL(url);
    const response = await api.app.inject({
      method: 'POST',
      url: pathname,
      headers,
      ...(payload === undefined ? {} : { payload }),
    });
    expect(response.statusCode, response.body).toBe(202);
    const [started] = response.json<DeliveryBody>().started;
    expect(await api.persistence.store.jobRuns.readInput(started?.job_run_id ?? '')).toBeNull();
  });

  it('may be any JSON with a JSON content type', async () => {
    const { url } = await deployListener();
    for (const [body, type] of [
      ['[{"\\u0000": "\\ud800"}]', 'application/cloudevents+json; charset=utf-8'],
      ['null', 'application/json;charset=UTF-8'],
    ] as const) {
      const { status, body: answer } = await send(url, body, { 'content-type': type });
      expect(status).toBe(202);
      expect(await api.persistence.store.jobRuns.readInput(answer.started[0]?.job_run_id ?? '')).toBe(body);
    }
  });

  it.each([
    ['what is no JSON', '{"a": 1', 'application/json', 400, 'invalid_request'],
    ['what is no UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'application/json', 400, 'invalid_request'],
    ['a form', 'a=1', 'application/x-www-form-urlencoded', 415, 'unsupported_media_type'],
    ['text', '{}', 'text/plain', 415, 'unsupported_media_type'],
    ['more than 1 MiB', `"${'x'.repeat(1024 * 1024 - 1)}"`, 'application/json', 413, 'input_too_large'],
  ])('is rejected with %s', async (_, payload, type, status, code) => {
    const { url } = await deployListener();
    const answer = await send(url, payload, { 'content-type': type });
    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(await countRuns()).toBe(0);
  });

  it('may be up to 1 MiB', async () => {
    const { url } = await deployListener();
    expect((await send(url, `"${'x'.repeat(1024 * 1024 - 2)}"`)).status).toBe(202);
  });

  it('is recorded as the last one', async () => {
    const webhook = await deployListener();
    expect(webhook.last_delivery_at).toBeNull();
    await send(webhook.url);
    expect(Date.parse((await only()).last_delivery_at ?? '')).toBeGreaterThan(Date.parse(webhook.created_at));
  });
});

describe('a webhook URL', () => {
  it('is rejected in the same way, whatever is wrong with it', async () => {
    await deploy([listener('a', 'webhook:a'), listener('b', 'webhook:b')]);
    const [a, b] = await list();
    const token = new URL(a?.url ?? '').pathname.split('/')[2] ?? '';
    const unknown = [
      `/hooks/${token}/b`,
      `/hooks/${token}`,
      `/hooks/${token}/a/b`,
      `/hooks/${token.slice(0, -1)}/a`,
      `/hooks/x/a`,
      '/hooks/',
    ];
    await deploy([listener('a', 'webhook:a')]);
    const gone = new URL(b?.url ?? '').pathname;
    const answers = [];
    // The body is not JSON, and is never read.
    for (const path of [...unknown, gone]) answers.push(await send(`http://x${path}`, '{'));
    const expected = {
      status: 404,
      body: { code: 'not_found', detail: 'There is no webhook at this address.', status_code: 404 },
    };
    expect(answers).toEqual(Array.from(answers, () => expected));
    expect((await send(a?.url ?? '')).status).toBe(202);
  });

  it('stays the same across deploys, even after its jobs were removed for a while', async () => {
    const { url } = await deployListener();
    await deploy([defineJob('jobs.m.other')]);
    expect(await only()).toMatchObject({ url, job_refs: [] });
    expect(await deployListener()).toMatchObject({ url, job_refs: ['jobs.m.orders'] });
  });

  it('is not created by a dry run', async () => {
    await api.services.deploy({
      workspaceId: context.workspace.id,
      membershipId: context.owner.membershipId,
      jobs: [listener('f', 'webhook:')],
      deploymentModule: null,
      dryRun: true,
    });
    expect(await list()).toEqual([]);
  });

  it('is invalid once it was replaced', async () => {
    const before = await deployListener();
    const answer = await call('POST', `webhooks/${before.id}/-rotate-token`);
    const after = readAnswer('rotate_webhook_token', answer);
    expect(after.url).not.toBe(before.url);
    expect((await send(before.url)).status).toBe(404);
    expect((await send(after.url)).status).toBe(202);
    expect(await only()).toMatchObject({ id: before.id, url: after.url });
  });

  it('accepts only POST', async () => {
    const { url } = await deployListener();
    const { pathname } = new URL(url);
    for (const method of ['GET', 'PUT', 'DELETE', 'HEAD'] as const)
      expect((await api.app.inject({ method, url: pathname })).statusCode).toBe(404);
  });

  it('is not served to containers of runs', async () => {
    const runsApp = buildRunsApi(api.dependencies);
    const { pathname } = new URL((await deployListener()).url);
    const response = await runsApp.inject({ method: 'POST', url: pathname, payload: {} });
    await runsApp.close();
    expect([response.statusCode, response.json<DeliveryBody>().code]).toEqual([403, 'runs_only']);
    expect(await countRuns()).toBe(0);
  });

  it('is not in the request log', async () => {
    const lines: string[] = [];
    const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
    const app = buildApi({ ...api.dependencies, log });
    const { pathname } = new URL((await deployListener()).url);
    const [, , token = ''] = pathname.split('/');
    await app.inject({ method: 'POST', url: pathname, payload: { a: 'swordfish' } });
    const unusual = [
      `/hooks/${token}`,
      `//hooks//${token}/x?y`,
      `/HOOKS/${token}`,
      `/%68ooks/${token}/orders`,
    ];
    for (const path of unusual) await app.inject({ method: 'POST', url: path, payload: {} });
    await app.close();
    expect(lines).toHaveLength(unusual.length + 1);
    expect(lines[0]).toContain('"path":"/hooks/***/orders"');
    expect(lines.join('')).not.toContain(token);
    expect(lines.join('')).not.toContain('swordfish');
  });

  it('is stored only sealed or hashed, as are its secrets', async () => {
    const webhook = await deployListener();
    await setSecret(webhook);
    const row = await api.testDatabase.database.one('select * from webhooks where id = $1', [webhook.id]);
    const bytes = Buffer.concat(Object.values(row).filter((value) => Buffer.isBuffer(value)));
    expect(bytes.length).toBeGreaterThan(100);
    expect(bytes.includes(new URL(webhook.url).pathname.split('/')[2] ?? '')).toBe(false);
    expect(bytes.includes(secret)).toBe(false);
  });
});

describe('a rejected start', () => {
  it('is listed beside the successful ones', async () => {
    const { url } = await deployListener(
      listener('free', 'webhook:orders'),
      listener('single', 'webhook:orders', { execute: {} }),
    );
    await send(url);
    const { status, body } = await send(url);
    expect(status).toBe(202);
    expect(body.started).toEqual([{ job_ref: 'jobs.m.free', job_run_id: expect.any(String) as string }]);
    expect(body.declined).toMatchObject([{ job_ref: 'jobs.m.single', status: 'skipped_concurrency_limit' }]);
  });

  it('is 429 when all jobs are at capacity, recorded as a skipped run, and may be sent again', async () => {
    const { url } = await deployListener(listener('single', 'webhook:', { execute: {} }));
    const runId = (await send(url)).body.started[0]?.job_run_id ?? '';
    const id = { 'idempotency-key': 'a' };
    const { status, body } = await send(url, '{}', id);
    expect([status, body.code]).toEqual([429, 'too_many_runs']);
    expect(body.extra?.declined).toMatchObject([
      { job_ref: 'jobs.m.single', status: 'skipped_concurrency_limit' },
    ]);
    const { store } = api.persistence;
    const list = await store.jobRuns.list(context.workspace.id, { statuses: ['skipped'] });
    const { rows } = await list.read({ limit: 10, offset: 0 });
    expect(rows.map(({ skip }) => skip?.count)).toEqual([1]);
    expect(await store.jobRuns.readInput(rows[0]?.id ?? '')).toBeNull();
    await api.setRun(runId, { status: 'completed' });
    expect((await send(url, '{}', id)).status).toBe(202);
  });

  it('is 409 for any other reason', async () => {
    const { url } = await deployListener();
    await api.persistence.store.workspaces.setArchived(context.workspace.id, true);
    const { status, body } = await send(url);
    expect([status, body.code]).toEqual([409, 'start_declined']);
    expect(body.extra?.declined).toMatchObject([
      { job_ref: 'jobs.m.orders', status: 'skipped_workspace_archived' },
    ]);
  });
});

describe('a delivery with an id', () => {
  it.each(['x-pumphouse-delivery', 'x-github-delivery', 'idempotency-key'])(
    'in %s is accepted once',
    async (name) => {
      const { url } = await deployListener();
      const first = await send(url, '{"n": 1}', { [name]: 'one' });
      const again = await send(url, '{"n": 2}', { [name]: 'one' });
      expect([first.status, again.status]).toEqual([202, 200]);
      expect(again.body).toEqual({ ...first.body, repeated: true });
      expect((await send(url, '{"n": 1}', { [name]: 'two' })).status).toBe(202);
      expect(await countRuns()).toBe(2);
    },
  );

  it('is accepted once when many arrive at the same time', async () => {
    const { url } = await deployListener();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => send(url, '{}', { 'idempotency-key': 'same' })),
    );
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(7);
    expect(new Set(answers.map(({ body }) => body.started[0]?.job_run_id)).size).toBe(1);
    expect(await countRuns()).toBe(1);
  });

  it('is deduplicated per webhook', async () => {
    await deploy([listener('a', 'webhook:a'), listener('b', 'webhook:b')]);
    for (const { url } of await list())
      expect((await send(url, '{}', { 'idempotency-key': 'same' })).status).toBe(202);
  });

  it('can be sent again after a day', async () => {
    const { url } = await deployListener();
    await send(url, '{}', { 'idempotency-key': 'one' });
    await setColumns(api.testDatabase.database, 'webhook_deliveries', { receivedAt: ago({ hours: 24 }) });
    expect((await send(url, '{}', { 'idempotency-key': 'one' })).status).toBe(202);
    const { count } = await api.testDatabase.database.one<{ count: number }>(
      'select count(*) as count from webhook_deliveries join webhooks on webhooks.id = webhook_id where workspace_id = $1',
      [context.workspace.id],
    );
    expect(count).toBe(1);
  });

  it('that is too long is rejected', async () => {
    const { url } = await deployListener();
    const { status, body } = await send(url, '{}', { 'idempotency-key': 'x'.repeat(201) });
    expect([status, body.code]).toEqual([400, 'invalid_request']);
  });
});

describe('a webhook with a signing secret', () => {
  let url: string;

  beforeEach(async () => {
    const webhook = await deployListener();
    expect(webhook.has_signing_secret).toBe(false);
    expect((await setSecret(webhook)).has_signing_secret).toBe(true);
    ({ url } = webhook);
  });

  it('accepts signed deliveries, each once', async () => {
    const body = '{"größe": 1}';
    const headers = sign(body);
    const first = await send(url, body, headers);
    expect(first.status).toBe(202);
    const again = await send(url, body, { ...headers, 'x-pumphouse-delivery': 'another id' });
    expect(again).toEqual({ status: 200, body: { ...first.body, repeated: true } });
    expect((await send(url, body, sign(body, { at: Date.now() / 1000 - 60 }))).status).toBe(202);
    expect(await countRuns()).toBe(2);
  });

  it("accepts GitHub's signatures", async () => {
    const headers = { ...signAsGitHub('{"a":1}'), 'x-github-delivery': 'one' };
    expect((await send(url, '{"a":1}', headers)).status).toBe(202);
    expect((await send(url, '{"a":1}', { ...headers, 'x-github-delivery': 'two' })).status).toBe(200);
    expect(
      (await send(url, '{"a":2}', { ...signAsGitHub('{"a":2}'), 'x-github-delivery': 'one' })).status,
    ).toBe(200);
  });

  it.each<[string, () => Headers]>([
    ['no signature', () => ({})],
    ['a signature of another body', () => sign('{"a":2}')],
    ['a signature under another secret', () => sign('{"a":1}', { key: 'another secret of some length' })],
    ['one of six minutes ago', () => sign('{"a":1}', { at: Date.now() / 1000 - 360 })],
    ['one of six minutes from now', () => sign('{"a":1}', { at: Date.now() / 1000 + 360 })],
    [
      'another time than was signed',
      () => {
        const [time = '', signature = ''] = (sign('{"a":1}')['x-pumphouse-signature'] ?? '').split(',');
        return { 'x-pumphouse-signature': `t=${Number(time.slice(2)) + 1},${signature}` };
      },
    ],
    ['one of GitHub for another body', () => signAsGitHub('{"a":2}')],
    [
      'a wrong one of ours beside a right one of GitHub',
      () => ({ ...signAsGitHub('{"a":1}'), ...sign('{}') }),
    ],
    ['one that cannot be read', () => ({ 'x-pumphouse-signature': 'nonsense' })],
  ])('rejects %s', async (_, headers) => {
    const { status, body } = await send(url, '{"a":1}', headers());
    expect([status, body.code]).toEqual([401, 'invalid_signature']);
    expect(await countRuns()).toBe(0);
  });

  it('checks the signature before it reports an invalid body', async () => {
    expect((await send(url, '{')).status).toBe(401);
    expect((await send(url, '{', sign('{'))).status).toBe(400);
  });

  it('accepts unsigned deliveries when the secret is removed, and the new signature when it is replaced', async () => {
    const webhook = await only();
    await setSecret(webhook, 'another secret of some length');
    expect((await send(url, '{}', sign('{}'))).status).toBe(401);
    expect((await send(url, '{}', sign('{}', { key: 'another secret of some length' }))).status).toBe(202);
    const answer = await call('DELETE', `webhooks/${webhook.id}/signing-secret`);
    expect(readAnswer('remove_webhook_signing_secret', answer).has_signing_secret).toBe(false);
    expect((await send(url)).status).toBe(202);
  });
});

describe('managing webhooks', () => {
  it('lists them by path, with the public address of this server', async () => {
    await deploy([listener('b', 'webhook:b'), listener('a', 'webhook:a/ä'), listener('c', 'webhook:b')]);
    const [first, second] = await list();
    expect(first).toMatchObject({ path: 'a/ä', job_refs: ['jobs.m.a'], has_signing_secret: false });
    expect(first?.url).toMatch(/^http:\/\/localhost(:80)?\/hooks\/dlt_h_[\w-]{43}\/a\/%C3%A4$/);
    expect(second).toMatchObject({ path: 'b', job_refs: ['jobs.m.b', 'jobs.m.c'] });
  });

  it.each([
    ['POST', '-rotate-token', undefined],
    ['PUT', 'signing-secret', { signing_secret: secret }],
    ['DELETE', 'signing-secret', undefined],
  ] as const)(
    'changes none of another workspace, and none of an archived one: %s %s',
    async (method, end, payload) => {
      const { id } = await deployListener();
      const own = context;
      context = await api.createWorkspaceFixture();
      const elsewhere = await call(method, `webhooks/${id}/${end}`, payload);
      expect([elsewhere.statusCode, elsewhere.json<DeliveryBody>().code]).toEqual([404, 'not_found']);
      context = own;
      await api.persistence.store.workspaces.setArchived(context.workspace.id, true);
      const archived = await call(method, `webhooks/${id}/${end}`, payload);
      expect([archived.statusCode, archived.json<DeliveryBody>().code]).toEqual([409, 'workspace_archived']);
    },
  );

  it.each(['', 'x'.repeat(15), 'x'.repeat(257)])('rejects the signing secret %j', async (signingSecret) => {
    const { id } = await deployListener();
    const answer = await call('PUT', `webhooks/${id}/signing-secret`, { signing_secret: signingSecret });
    expect([answer.statusCode, answer.json<DeliveryBody>().code]).toEqual([400, 'invalid_request']);
  });

  it('rejects a deploy with a path that no sender could reach', async () => {
    await expect(deploy([listener('f', 'webhook:a/../b')])).rejects.toMatchObject({
      code: 'invalid_job_definition',
      message: expect.stringContaining("cannot be reached: the path has a part '.' or '..'") as string,
    });
  });

  it('returns no input for a run that does not exist, and for a run without input', async () => {
    const { url } = await deployListener();
    const runId = (await send(url, '')).body.started[0]?.job_run_id ?? '';
    const none = readAnswer('get_job_run_input', await call('GET', `job-runs/${runId}/input`));
    expect(none.input).toBeNull();
    const missing = await call('GET', 'job-runs/11111111-1111-4111-8111-111111111111/input');
    expect([missing.statusCode, missing.json<DeliveryBody>().code]).toEqual([404, 'not_found']);
  });
});
