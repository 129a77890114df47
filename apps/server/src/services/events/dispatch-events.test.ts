import type { EventFixture, ReceivedEvent } from '../testing/event-fixture.ts';
import type { EventSchemaDocument } from '@pumphouse/contract';
import type { RepeatedLoad } from '../../domain/pipelines/repeated-loads.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDispatchEvents } from './dispatch-events.ts';
import { createEventFixture } from '../testing/event-fixture.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { noteSchemaChanges } from '../pipelines/compare-schemas.ts';
import { setColumns } from '../../store/postgres/testing/set-columns.ts';
import { wholeWorkspace } from '../../domain/alerts/rule-scope.ts';

let fixture: ServiceFixture;
let events: EventFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  events = await createEventFixture(fixture);
});
afterEach(() => events.close());

/** The published schemas, which receivers read. */
const released = JSON.parse(
  readFileSync(
    new URL('../../../../../packages/contract/released/event-schemas.json', import.meta.url),
    'utf8',
  ),
) as EventSchemaDocument;

function expectToFit(event: ReceivedEvent): void {
  const schema = z.fromJSONSchema({ ...released.events[event.type], $defs: released.$defs });
  expect(schema.safeParse(event).error).toBeUndefined();
  expect(schema.safeParse({ ...event, data: {} }).success).toBe(false);
}

const failure = { code: 'exit_code', detail: 'It ended with 1.' } as const;

async function retryOnce(jobRef: string) {
  const { context } = events;
  await context.uploadConfiguration({ 'config.toml': '[pumphouse]\nretries = { count = 1 }\n' });
  const { id, run } = await context.createAttempt(await context.startRun(jobRef));
  await fixture.finishRun(run.id, { status: 'failed', failure }, { attemptId: id });
  return run.id;
}

describe('events of a run', () => {
  it('report each change once, in order, in the state of that change, and fit their schemas', async () => {
    const { context } = events;
    await events.subscribe();
    const jobRunId = await retryOnce('jobs.a');
    const second = await context.createAttempt(await context.getRun(jobRunId));
    await fixture.finishRun(jobRunId, { status: 'failed', failure }, { attemptId: second.id });
    const server = events.createServer();
    await server.deliverAll();
    const received = events.readReceived();
    // The upload of the configuration has no event, and runs have only their own.
    expect(received.map(({ type }) => type)).toEqual([
      'pumphouse.job_run.queued',
      'pumphouse.job_run.started',
      'pumphouse.job_run.retrying',
      'pumphouse.job_run.started',
      'pumphouse.job_run.failed',
    ]);
    expect(received.map(({ data }) => (data['job_run'] as { status: string }).status)).toEqual([
      'pending',
      'running',
      'pending',
      'running',
      'failed',
    ]);
    expect(received.map(({ data }) => data['attempt'])).toEqual([null, 1, 1, 2, 2]);
    expect(received.map(({ data }) => data['retry_at'] !== null)).toEqual([false, false, true, false, false]);
    expect(received.map(({ data }) => (data['failure'] as { code: string } | null)?.code)).toEqual([
      undefined,
      undefined,
      'exit_code',
      undefined,
      'exit_code',
    ]);
    const sequences = received.map(({ sequence }) => sequence);
    expect(sequences).toEqual([...sequences].sort());
    for (const event of received) {
      expect(event.subject).toBe(`job-runs/${jobRunId}`);
      expectToFit(event);
    }
  });

  it('end with success and with a cancellation', async () => {
    const { context } = events;
    await events.subscribe(['pumphouse.job_run.succeeded', 'pumphouse.job_run.cancelled']);
    await context.complete(await context.startRun('jobs.a'));
    const cancelled = await context.startRun('jobs.b');
    await fixture.finishRun(cancelled.id, { status: 'cancelled' });
    await events.createServer().deliverAll();
    expect(
      events.readReceived().map(({ type, data }) => [type, (data['job'] as { job_ref: string }).job_ref]),
    ).toEqual(
      expect.arrayContaining([
        ['pumphouse.job_run.succeeded', 'jobs.a'],
        ['pumphouse.job_run.cancelled', 'jobs.b'],
      ]),
    );
  });
});

it('a deployment and a schema have events', async () => {
  const { context } = events;
  await events.subscribe(['pumphouse.deployment.created', 'pumphouse.schema.*']);
  await context.uploadDeployment(undefined, undefined, { 'b.py': 'y = 1' });
  const run = await context.startRun('jobs.a');
  const version = {
    workspaceId: context.workspaceId,
    pipelineName: 'orders',
    schemaName: 'orders',
    versionHash: 'hash',
    version: 1,
    previousHashes: [],
    destinationName: null,
    datasetName: 'sales',
    document: { tables: { items: { columns: { id: { data_type: 'bigint' } } } } },
    jobRunId: run.id,
  };
  await fixture.store.schemaVersions.insert(version);
  await fixture.persistence.transaction((store) => noteSchemaChanges(store, version));
  await events.createServer().deliverAll();
  const received = events.readReceived();
  expect(received.map(({ type }) => type).sort()).toEqual([
    'pumphouse.deployment.created',
    'pumphouse.schema.changed',
  ]);
  for (const event of received) expectToFit(event);
});

describe('a load job that was repeated', () => {
  const doubt = {
    pipelineName: 'orders',
    schemaName: 'orders',
    tableName: 'items',
    loadId: '1795989114.5',
    status: 'unknown',
    rows: null,
    statement: null,
    isExamined: false,
  } as const;
  const found = { ...doubt, status: 'twice', rows: 3, statement: 'DELETE;', isExamined: true } as const;

  async function tell(...loads: RepeatedLoad[]) {
    await events.subscribe(['pumphouse.load.repeated']);
    const attempt = await events.context.createAttempt(await events.context.startRun('jobs.a'));
    for (const load of loads) await fixture.store.repeatedLoads.save(attempt.id, load);
    await events.createServer().deliverAll();
    return { run: attempt.run, received: events.readReceived() };
  }

  it('has one event, once the run knows whether its table has rows twice', async () => {
    // A doubt that comes later, as of the next attempt, takes nothing back.
    const { run, received } = await tell(doubt, found, found, doubt);
    expect(received).toMatchObject([
      {
        type: 'pumphouse.load.repeated',
        subject: `job-runs/${run.id}`,
        data: {
          job_run_id: run.id,
          job_run_number: run.number,
          job: { job_ref: 'jobs.a' },
          repeated_load: {
            pipeline_name: 'orders',
            table_name: 'items',
            load_id: '1795989114.5',
            status: 'twice',
            rows_twice: 3,
            statement: 'DELETE;',
          },
        },
      },
    ]);
    for (const event of received) expectToFit(event);
  });

  it('has one if the destination cannot tell, and none if the rows are there once', async () => {
    const cannotTell = { ...doubt, tableName: 'arrow', isExamined: true } as const;
    const { received } = await tell(cannotTell, { ...doubt, status: 'once', isExamined: true }, doubt);
    expect(received.map(({ data }) => data['repeated_load'])).toMatchObject([
      { table_name: 'arrow', status: 'unknown' },
    ]);
  });
});

describe('a subscription', () => {
  it('receives only its event types, of jobs in its scope, since it was created', async () => {
    const { context } = events;
    await events.subscribe(['*'], { scope: { ...wholeWorkspace, jobPatterns: ['jobs.none'] } });
    await context.complete(await context.startRun('jobs.a'));
    await setColumns(fixture.database, 'events', { createdAt: new Date(0) });
    const tagged = await events.subscribe(['pumphouse.job_run.s*'], {
      scope: { ...wholeWorkspace, tags: ['nightly'] },
    });
    await context.complete(await context.startRun('jobs.a'));
    await context.complete(await context.startRun('jobs.b'));
    await events.createServer().dispatchAll();
    expect((await events.readLog()).map((one) => [one.subscriptionId, one.eventType])).toEqual([
      [tagged.subscription.id, 'pumphouse.job_run.started'],
      [tagged.subscription.id, 'pumphouse.job_run.succeeded'],
    ]);
    // Events that no subscription receives are not kept.
    expect(await fixture.store.events.listWaiting(context.workspaceId, 100)).toEqual([]);
  });

  it('rejects types that do not exist', async () => {
    for (const pattern of ['pumphouse.job_run.exploded', 'other.*', 'pumphouse.ping'])
      await expect(events.subscribe([pattern])).rejects.toMatchObject({ code: 'invalid_request' });
  });
});

it('without an enabled subscription nothing is recorded', async () => {
  const { context } = events;
  const { subscription } = await events.subscribe();
  await fixture.eventSubscriptions.update(context.workspaceId, subscription.id, { isEnabled: false });
  await context.complete(await context.startRun('jobs.a'));
  expect(await fixture.store.events.listWaiting(context.workspaceId, 100)).toEqual([]);
});

it('two servers dispatch each event once', async () => {
  const { context } = events;
  await events.subscribe(['pumphouse.job_run.*']);
  for (let runs = 0; runs < 10; runs += 1) await context.complete(await context.startRun('jobs.a'));
  const servers = [events.createServer(), events.createServer()];
  await Promise.all(servers.map((server) => server.dispatchAll()));
  await servers[0]?.dispatchAll();
  const log = await events.readLog();
  expect(log).toHaveLength(30);
  expect(new Set(log.map(({ eventId }) => eventId)).size).toBe(30);
});

it('an event that cannot be composed for ten minutes is dropped, and those after it follow', async () => {
  const { context } = events;
  await events.subscribe(['pumphouse.job_run.*']);
  const run = await context.startRun('jobs.a');
  await fixture.database.execute(
    `update events set snapshot = snapshot || '{"jobRunId": "no uuid"}' where type = 'pumphouse.job_run.queued'`,
  );
  await context.complete(run);
  let minutes = 0;
  const server = events.createServer({ now: () => new Date(Date.now() + minutes * 60_000) });
  for (const later of [0, 5, 9]) {
    minutes = later;
    await server.dispatchAll();
    expect(await events.readLog()).toEqual([]);
  }
  minutes = 10;
  await server.dispatchAll();
  expect((await events.readLog()).map(({ eventType }) => eventType)).toEqual([
    'pumphouse.job_run.started',
    'pumphouse.job_run.succeeded',
  ]);
});

it('an event waits for a database whose statements take too long, however long that lasts', async () => {
  const { context } = events;
  await events.subscribe(['pumphouse.job_run.*']);
  await context.complete(await context.startRun('jobs.a'));
  let minutes = 0;
  const dispatchEvents = createDispatchEvents({
    ...fixture,
    composeEvent: () =>
      fixture.database.transaction(async (tx) => {
        await tx.execute('set local statement_timeout = 1');
        return tx.one('select pg_sleep(60)');
      }),
    now: () => new Date(Date.now() + minutes * 60_000),
  });
  for (const later of [0, 10, 30]) {
    minutes = later;
    await dispatchEvents();
  }
  await events.createServer().dispatchAll();
  expect(await events.readLog()).toHaveLength(3);
});
