/** Events of runs from a real server to a real receiver, also when either of them is down. */
import type { AlertReceiver } from '../fixtures/alert-receiver.ts';
import type { ApiWorkspace } from '../fixtures/api-workspace.ts';
import type { FaultPointName } from '@pumphouse/server/platform/fault-points.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiWorkspace } from '../fixtures/api-workspace.ts';
import { createSiteServers } from '../faults/site-servers.ts';
import {
  createWorkspace,
  defineScriptJob,
  deployWorkspace,
  triggerJob,
} from '../fixtures/deploy-workspace.ts';
import { eventSchemas, eventTypes } from '@pumphouse/contract';
import { eventually } from '../fixtures/eventually.ts';
import { openServerStore } from '../fixtures/server-store.ts';
import { signWebhook } from '@pumphouse/server/services/deliveries/webhook-signature.ts';
import { startAlertReceiver } from '../fixtures/alert-receiver.ts';
import { startTestServer, type TestServer } from '../fixtures/server.ts';

let folder: string;
let server: TestServer;
let api: ApiWorkspace;
let receiver: AlertReceiver;
let secret: string;
let params: { workspace_id: string };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-events-'));
  receiver = await startAlertReceiver();
  server = await startTestServer({
    PUMPHOUSE_LOG_LEVEL: 'warn',
    PUMPHOUSE_ALERTS_ALLOWED_TARGETS: '127.0.0.1',
  });
  api = createApiWorkspace(server, await createWorkspace(server, 'events'));
  params = { workspace_id: api.id };
  await deployWorkspace(server, api.id, {
    files: { 'works.py': 'print("works")\n', 'fails.py': 'raise KeyError("id")\n' },
    jobs: [defineScriptJob('works'), defineScriptJob('fails')],
    requirements: [],
  });
  const body = { name: 'all', url: `${receiver.url}/events`, event_types: ['*'] };
  secret = (await server.client.call('create_event_subscription', { params, body })).signing_secret;
});
afterAll(async () => {
  await server?.remove();
  await receiver?.close();
  await rm(folder, { recursive: true, force: true });
});

/** The requests about a run, in order. */
const requestsAbout = (jobRunId: string) =>
  receiver.received.filter(({ body }) =>
    (JSON.parse(body) as { subject: string }).subject.includes(jobRunId),
  );

const typesAbout = (jobRunId: string) =>
  requestsAbout(jobRunId).map(({ body }) => (JSON.parse(body) as { type: string }).type);

const run = async (at: TestServer, jobRef: string) =>
  createApiWorkspace(at, api.id).awaitEnd(await triggerJob(at, api.id, jobRef));

it('a run sends its events in order, signed, as its schema says', async () => {
  const { id } = await run(server, 'jobs.fails');
  await eventually('the receiver knows the end', () => typesAbout(id).includes('pumphouse.job_run.failed'));
  expect(typesAbout(id)).toEqual([
    'pumphouse.job_run.queued',
    'pumphouse.job_run.started',
    'pumphouse.job_run.failed',
  ]);
  for (const { headers, body } of requestsAbout(id)) {
    const messageId = String(headers['webhook-id']);
    const timestampSeconds = Number(headers['webhook-timestamp']);
    expect(headers).toMatchObject(signWebhook([secret], { id: messageId, timestampSeconds, body }));
    const event: unknown = JSON.parse(body);
    const type = eventTypes.find((known) => body.includes(`"${known}"`));
    expect(type && eventSchemas[type].schema.safeParse(event).error).toBeUndefined();
  }
  const failed = JSON.parse(requestsAbout(id).at(-1)?.body ?? '') as {
    source: string;
    dataschema: string;
    data: { job_run: object; failure: { summary: string } };
  };
  expect(failed.data.failure.summary).toContain("KeyError: 'id'");
  // The run is the one of the API.
  const {
    job: _,
    job_version: __,
    downstream_job_runs: ___,
    ...expected
  } = await server.client.call('get_job_run', { params: { ...params, job_run_id: id } });
  expect(failed.data.job_run).toMatchObject(expected);
  const schema = new URL(failed.dataschema);
  const document = (await (await fetch(schema)).json()) as {
    components: { schemas: Record<string, object> };
    webhooks: object;
  };
  expect(document.components.schemas).toHaveProperty(schema.hash.replace('#/components/schemas/', ''));
  expect(Object.keys(document.webhooks)).toEqual(Object.keys(eventSchemas));
});

it('a receiver that is down gets its events when it is back', async () => {
  receiver.respondStatus(502, 'down');
  const id = await triggerJob(server, api.id, 'jobs.works');
  const missed = await eventually('the first attempt fails', () => requestsAbout(id)[0]);
  // Not only after the run, which may take long: with each failed attempt the next one is later, by up to hours.
  receiver.respondStatus(200);
  const repeats = () =>
    requestsAbout(id)
      .slice(1)
      .map(({ headers }) => headers['webhook-id']);
  await eventually('the receiver gets what it missed', () =>
    repeats().includes(missed.headers['webhook-id']),
  );
  await api.awaitEnd(id);
  await eventually('the receiver knows the end', () =>
    typesAbout(id).includes('pumphouse.job_run.succeeded'),
  );
  expect([...new Set(typesAbout(id))]).toEqual([
    'pumphouse.job_run.queued',
    'pumphouse.job_run.started',
    'pumphouse.job_run.succeeded',
  ]);
});

it('an internal address gets nothing', async () => {
  const body = { name: 'internal', url: 'http://127.0.0.2:9/', event_types: ['*'] };
  const { id } = await server.client.call('create_event_subscription', { params, body });
  const at = { params: { ...params, subscription_id: id } };
  expect(await server.client.call('test_event_subscription', at)).toMatchObject({
    status: 'failed',
    reason: 'address_not_allowed',
  });
  await server.client.call('delete_event_subscription', at);
});

describe('a server that is killed', () => {
  it.each<[string, FaultPointName, number]>([
    ['after the commit of a run, before its events are dispatched', 'in-event-dispatch', 0],
    ['after the receiver got an event', 'after-event-sent', 1],
  ])('%s loses none, and repeats one only with its id', async (_, point, sent) => {
    // The receiver has an event before the server records that: the next one would send it again, as its first.
    await eventually('all results are recorded', async () => {
      const query = { status: ['waiting' as const] };
      return (await server.client.call('list_event_deliveries', { params, query })).items.length === 0;
    });
    await server.end('SIGTERM');
    const pauseFile = join(folder, point);
    const servers = createSiteServers(server, pauseFile);
    const paused = await servers.start({ pauseAt: point });
    const jobRunId = await triggerJob(paused, api.id, 'jobs.works');
    await servers.awaitPause();
    await paused.end('SIGKILL');
    servers.resume();
    expect(requestsAbout(jobRunId)).toHaveLength(sent);
    // Before there is a next server: what that one takes must stay taken. Postgres survives a killed server.
    const store = await openServerStore(paused);
    await store.database.execute('update event_deliveries set taken_until = null');
    await store.close();
    const next = await servers.start();
    await eventually('the receiver knows the end', () =>
      typesAbout(jobRunId).includes('pumphouse.job_run.succeeded'),
    );
    expect([...new Set(typesAbout(jobRunId))]).toEqual([
      'pumphouse.job_run.queued',
      'pumphouse.job_run.started',
      'pumphouse.job_run.succeeded',
    ]);
    const requests = requestsAbout(jobRunId);
    expect(requests).toHaveLength(3 + sent);
    expect(new Set(requests.map(({ headers }) => headers['webhook-id'])).size).toBe(3);
    server = next;
  });
});
