import type { JobRunRecord } from '../../store/records.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addPipelineRun } from '../../store/postgres/testing/pipelines.ts';
import { readCapturedBody } from '../../../../../testing/fixtures/captured-bodies.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { createWorkspaceFixture, defineJob } from '../testing/workspace-fixture.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  context = await createWorkspaceFixture(fixture);
});

const minimum = (table: string) => `{ table = "${table}", min_rows = 1 }`;
const demand = (pipeline: string, ...expect: string[]) =>
  `[pumphouse.pipelines.${pipeline}]\non_failure = "fail"\nexpect = [${expect.join(', ')}]\n`;

async function deploy(configuration: string, jobs = ['jobs.a']) {
  await context.uploadDeployment();
  await context.uploadConfiguration({ 'config.toml': configuration });
  await context.deployJobs(jobs.map((ref) => defineJob(ref, { execute: { concurrency: null } })));
}

/** A `pipeline.run()` call: the rows of each table, null where dlt reports none. */
interface Call {
  pipeline?: string;
  tables?: Record<string, number | null>;
  isFailed?: boolean;
}

const at = '2026-11-24T10:00:00Z';
let transactions = 0;

/** Stores calls of an attempt, as ingested traces leave them. */
async function report(run: JobRunRecord, attemptId: string, calls: readonly Call[]): Promise<void> {
  for (const call of calls) {
    transactions += 1;
    const { pipeline = 'shop', isFailed = false } = call;
    const tables = Object.entries(call.tables ?? {});
    const sum = tables.reduce((total, [, count]) => total + (count ?? 0), 0);
    await addPipelineRun(fixture.database, {
      workspaceId: context.workspaceId,
      jobRunId: run.id,
      attemptId,
      transactionId: `${transactions}`,
      pipelineName: pipeline,
      status: isFailed ? 'failed' : 'succeeded',
      totalRowsLoaded: sum,
      facts: {
        pipelineName: pipeline,
        status: isFailed ? 'failed' : 'succeeded',
        finishedAt: at,
        hasSchemaMigration: false,
        loadPackages: [],
        steps: [{ step: 'load' }],
        tables: tables.map(([tableName, rowsLoaded]) => ({ tableName, schemaName: 'shop', rowsLoaded })),
      },
    });
  }
}

const exit = (code: number) =>
  Buffer.from(`${JSON.stringify({ n: 0, kind: 'exit', at, code, signal: null, reason: null })}\n`);

/** Runs a job whose attempt makes these calls and ends with an exit code. */
async function runCalls(calls: readonly Call[], { job = 'jobs.a', code = 0 } = {}) {
  const started = await context.startRun(job);
  const { id: attemptId, run } = await context.createAttempt(started);
  await report(run, attemptId, calls);
  await fixture.recordSpool.record(attemptId, 0, exit(code));
  const { status, failure } = await context.getRun(run.id);
  return { run, attemptId, status, failure };
}

async function readResults(jobRunId: string) {
  const results = await fixture.store.pipelineChecks.listResultsOfJobRun(jobRunId, 100);
  return results.map(({ pipelineName, callCount, rowsLoaded, checks }) => ({
    pipelineName,
    callCount,
    rowsLoaded,
    checks: checks?.results.map(({ check, status }) => `${status} ${check}`),
  }));
}

describe('telemetry that is read after the end of its attempt', () => {
  const trace = readCapturedBody('ok/002-trace') as Record<string, unknown>;
  const late = (number: number) => ({
    number,
    body: JSON.stringify({ ...trace, transaction_id: `late ${number}` }),
  });

  /** Ends an attempt whose bodies cannot be read yet; returns what makes them readable. */
  async function endWithout(bodies: readonly ReturnType<typeof late>[]) {
    const { id: attemptId, run } = await context.createAttempt(await context.startRun('jobs.a'));
    const blobKey = (number: number) => `beacons/${attemptId}/${number}.json`;
    for (const { number, body } of bodies)
      await fixture.store.telemetry.addBody({
        attemptId,
        number,
        kind: 'trace',
        sizeBytes: body.length,
        blobKey: blobKey(number),
        receivedAt: new Date(Date.UTC(2026, 10, 24) + number),
      });
    await fixture.recordSpool.record(attemptId, 0, exit(0));
    const arrive = async () => {
      for (const { number, body } of bodies) await fixture.blobs.put(blobKey(number), Buffer.from(body));
      await fixture.ingestTelemetry.waiting();
    };
    return { run, attemptId, arrive };
  }

  const readChecks = async (runId: string) => (await readResults(runId)).flatMap(({ checks = [] }) => checks);

  it('has the checks evaluated again, on all of it, and leaves the run as it ended', async () => {
    await deploy(demand('orders_pipeline', '{ table = "orders", min_rows = 6 }'));
    const { run, arrive } = await endWithout([late(0), late(1)]);
    expect(await readChecks(run.id)).toEqual(['unknown orders: at least 6 rows']);
    const ended = await context.getRun(run.id);
    expect(ended.failure?.code).toBe('check_failed');
    await arrive();
    // Five rows of each call.
    expect(await readChecks(run.id)).toEqual(['passed orders: at least 6 rows']);
    expect(await context.getRun(run.id)).toEqual(ended);
  });
});

describe('checks of an attempt', () => {
  it('are evaluated on the sum of all calls', async () => {
    await deploy(
      demand('shop', minimum('orders'), minimum('invoices'), '{ table = "orders", max_rows = 6 }'),
    );
    const { run, status } = await runCalls([
      { tables: { orders: 3 } },
      { tables: { invoices: 2 } },
      { tables: { orders: 3 } },
      {},
    ]);
    expect(status).toBe('completed');
    expect(await readResults(run.id)).toEqual([
      {
        pipelineName: 'shop',
        callCount: 4,
        rowsLoaded: 8,
        checks: [
          'passed orders: at least 1 row',
          'passed invoices: at least 1 row',
          'passed orders: at most 6 rows',
        ],
      },
    ]);
    const more = await runCalls([{ tables: { orders: 4, invoices: 1 } }, { tables: { orders: 3 } }]);
    expect(more.failure).toMatchObject({
      code: 'check_failed',
      detail: 'Checks of the pipeline shop failed: orders: at most 6 rows (this run loaded 7 rows).',
    });
  });

  it('of a pipeline that no job runs, as with a misspelled name, fail a run that completed', async () => {
    await deploy(demand('shpo', minimum('orders')));
    const { run, failure } = await runCalls([{ tables: { orders: 3 } }]);
    expect(failure).toMatchObject({
      code: 'check_failed',
      detail:
        'Checks of the pipeline shpo failed: orders: at least 1 row (unknown: pipeline shpo did not report in this run).',
    });
    expect(await readResults(run.id)).toContainEqual({
      pipelineName: 'shpo',
      callCount: 0,
      rowsLoaded: 0,
      checks: ['unknown orders: at least 1 row'],
    });
  });

  it('of a pipeline of another job are not those of the run', async () => {
    await deploy(demand('shop', minimum('orders')) + demand('users', minimum('users')), ['jobs.a', 'jobs.b']);
    const shop = [{ tables: { orders: 3 } }];
    const users = [{ pipeline: 'users', tables: { users: 1 } }];
    const first = await runCalls(shop);
    expect(first.status).toBe('completed');
    expect(await readResults(first.run.id)).toContainEqual(
      expect.objectContaining({ pipelineName: 'users', checks: ['unknown users: at least 1 row'] }),
    );
    expect((await runCalls(users, { job: 'jobs.b' })).status).toBe('completed');
    const again = await runCalls(shop);
    expect(again.status).toBe('completed');
    expect((await readResults(again.run.id)).map(({ pipelineName }) => pipelineName)).toEqual(['shop']);
    expect((await runCalls([], { job: 'jobs.b' })).failure).toMatchObject({
      detail: expect.stringContaining('pipeline users did not report in this run') as string,
    });
  });

  it('of a table that was not seen, or of calls whose failures were caught, fail the run too', async () => {
    await deploy(demand('shop', minimum('ordres')));
    expect((await runCalls([{ tables: { orders: 3 } }])).failure).toMatchObject({
      detail: expect.stringContaining('table ordres not seen') as string,
    });
    expect((await runCalls([{ isFailed: true }])).failure).toMatchObject({
      detail: expect.stringContaining('pipeline shop did not load in this run') as string,
    });
  });

  it('count a table of the schema without rows as 0 rows', async () => {
    await deploy(demand('shop', minimum('orders')));
    await fixture.store.schemaVersions.insert({
      workspaceId: context.workspaceId,
      pipelineName: 'shop',
      schemaName: 'shop',
      versionHash: 'v1',
      version: 1,
      previousHashes: [],
      destinationName: null,
      datasetName: null,
      document: { tables: { orders: { name: 'orders', columns: {} } } },
      jobRunId: null,
    });
    expect((await runCalls([{}])).failure).toMatchObject({
      detail: 'Checks of the pipeline shop failed: orders: at least 1 row (this run loaded 0 rows).',
    });
  });

  it('of a run that finishes a pending package do not fail it for rows that dlt does not report', async () => {
    await deploy(demand('shop', minimum('orders')));
    const { run, status } = await runCalls([{ tables: { orders: null } }]);
    expect(status).toBe('completed');
    expect(await readResults(run.id)).toMatchObject([{ checks: ['unknown orders: at least 1 row'] }]);
    expect((await runCalls([{ tables: { orders: null } }, { tables: { orders: 2 } }])).status).toBe(
      'completed',
    );
  });

  it('of a failed attempt are decided as far as its rows suffice; its retry is judged alone', async () => {
    const retried = '[pumphouse]\nretries = { count = 1, backoff = 0, on = ["failed"] }\n';
    await deploy(retried + demand('shop', minimum('orders'), minimum('invoices')));
    const { run, status } = await runCalls([{ tables: { orders: 3 } }, { tables: { invoices: 0 } }], {
      code: 1,
    });
    expect(status).toBe('pending');
    const second = await context.createAttempt(await context.getRun(run.id));
    await report(run, second.id, [{ tables: { orders: 0, invoices: 1 } }]);
    await fixture.recordSpool.record(second.id, 0, exit(0));
    expect((await context.getRun(run.id)).failure).toMatchObject({ code: 'check_failed' });
    expect((await readResults(run.id)).map(({ checks }) => checks)).toEqual([
      ['passed orders: at least 1 row', 'unknown invoices: at least 1 row'],
      ['failed orders: at least 1 row', 'passed invoices: at least 1 row'],
    ]);
  });

  it('are evaluated again after a crash before the end of the run, with the same result', async () => {
    await deploy(demand('shop', minimum('orders')));
    const { id: attemptId, run } = await context.createAttempt(await context.startRun('jobs.a'));
    await report(run, attemptId, [{ tables: { orders: 0 } }]);
    fixture.setFault('in-finish-before-commit', () => {
      throw new Error('crash');
    });
    await expect(fixture.recordSpool.record(attemptId, 0, exit(0))).rejects.toThrow('crash');
    fixture.setFault('in-finish-before-commit', () => undefined);
    expect((await context.getRun(run.id)).status).toBe('running');
    await fixture.recordSpool.finishIfExited(attemptId);
    expect((await context.getRun(run.id)).failure).toMatchObject({ code: 'check_failed' });
    expect(await readResults(run.id)).toHaveLength(1);
  });
});
