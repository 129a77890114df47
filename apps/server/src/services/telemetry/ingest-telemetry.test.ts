import type { BeaconKind } from '../../../../../testing/fixtures/captured-bodies.ts';
import type { JobRunRecord } from '../../store/records.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createWorkspaceFixture, defineJob } from '../testing/workspace-fixture.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { listCaptured, readCapturedBody } from '../../../../../testing/fixtures/captured-bodies.ts';
import { parseState } from '../../telemetry/parse-state.ts';
import { parseTrace } from '../../telemetry/parse-trace.ts';
import { listBodies } from '../../store/postgres/testing/attempts.ts';
import { setColumns } from '../../store/postgres/testing/set-columns.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;
let run: JobRunRecord;
let attemptId: string;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  context = await createWorkspaceFixture(fixture);
  await context.deployAll([defineJob('jobs.a', { execute: { concurrency: null } })]);
  ({ run, id: attemptId } = await context.createAttempt(await context.startRun('jobs.a')));
});

/** Stores a body as the spool does, without ingesting it. */
async function keep(number: number, kind: string, body: unknown, to = attemptId): Promise<void> {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  const blobKey = `beacons/${to}/${number}.json`;
  await fixture.blobs.put(blobKey, bytes);
  const receivedAt = new Date(Date.UTC(2026, 10, 24) + number);
  await fixture.store.telemetry.addBody({
    attemptId: to,
    number,
    kind,
    sizeBytes: bytes.length,
    blobKey,
    receivedAt,
  });
}

async function keepCaptured(...kinds: BeaconKind[]): Promise<string[]> {
  const names = kinds.flatMap((kind) => listCaptured(kind).map((name) => ({ kind, name })));
  for (const [number, { kind, name }] of names.entries()) await keep(number, kind, readCapturedBody(name));
  return names.map(({ name }) => name);
}

const ingest = () => fixture.ingestTelemetry.ofAttempt(attemptId);

async function readSchemas() {
  return fixture.database.query<{ name: string; hash: string; document: { version_hash: string } }>(
    `select schema_name as name, version_hash as hash, version, previous_hashes as previous, pipeline_name as pipeline,
            destination_name as destination, dataset_name as dataset, document, job_run_id as "jobRunId"
       from schema_versions where workspace_id = $1 order by pipeline_name, schema_name, version_hash`,
    [context.workspaceId],
  );
}

async function readPipelineRuns() {
  const heads = await fixture.store.telemetry.listOfJobRuns([run.id]);
  return Promise.all(heads.map(({ id }) => fixture.store.telemetry.getPipelineRun(context.workspaceId, id)));
}

async function listProblems() {
  const bodies = await listBodies(fixture.database, attemptId);
  return bodies.map(({ number, problem, ingested }) => ({ number, problem, waits: !ingested }));
}

describe('bodies from dlt', () => {
  it('become one pipeline run for each trace, with its details', async () => {
    const names = await keepCaptured('trace');
    await ingest();
    const details = (await readPipelineRuns()).map((row) => row?.facts);
    const expected = names.map((name) => {
      const parsed = parseTrace(readCapturedBody(name));
      return parsed.ok ? parsed.details : null;
    });
    const byTransaction = (list: typeof details) =>
      Object.fromEntries(list.map((one) => [one?.transactionId, one]));
    expect(details).toHaveLength(names.length);
    expect(byTransaction(details)).toEqual(
      JSON.parse(JSON.stringify(byTransaction(expected.map((one) => one ?? undefined)))),
    );
    expect(details.filter((one) => one?.status === 'failed').length).toBeGreaterThan(0);
    expect((await listProblems()).every(({ problem, waits }) => problem === null && !waits)).toBe(true);
  });

  it('fill the columns by which runs are listed', async () => {
    await keep(0, 'trace', readCapturedBody('ok/002-trace'));
    await ingest();
    const row = await fixture.database.one(
      `select pipeline_name, status, destination_name, dataset_name, total_rows_loaded, job_run_id, workspace_id
         from pipeline_runs where attempt_id = $1`,
      [attemptId],
    );
    const [stored] = await readPipelineRuns();
    expect(row).toEqual({
      pipeline_name: 'orders_pipeline',
      status: 'succeeded',
      destination_name: 'duckdb',
      dataset_name: 'shop_data',
      total_rows_loaded: stored?.facts.totalRowsLoaded,
      job_run_id: run.id,
      workspace_id: context.workspaceId,
    });
    expect(stored?.facts.totalRowsLoaded).toBeGreaterThan(0);
  });

  it('list the tables of a dataset, as last reported and without those that never had data', async () => {
    await keepCaptured('state');
    await ingest();
    const shop = async () => {
      const { telemetry } = fixture.store;
      return (await telemetry.listDatasetSchemas(context.workspaceId, 'shop_data', 1))[0]?.tableNames;
    };
    expect(await shop()).toEqual(['orders', 'customers', 'orders__lines']);

    const evolved = readCapturedBody('ok/001-state') as { schemas: { tables: Record<string, unknown> }[] };
    Object.assign(evolved.schemas[0]?.tables ?? {}, {
      users: { name: 'users', columns: { id: {} } },
      declared: { name: 'declared', columns: {} },
    });
    await keep(100, 'state', evolved);
    await ingest();
    expect(await shop()).toEqual(['orders', 'customers', 'orders__lines', 'users']);
  });

  it('are stored with names of any length', async () => {
    // Letters of three bytes that do not compress: two such names of 512 letters exceed an index entry.
    const longName = (length: number) =>
      Array.from({ length }, (_, index) =>
        String.fromCodePoint(0x4e00 + ((index * index * 7919 + index * 31) % 20_000)),
      ).join('');
    const [trace, state] = ['ok/002-trace', 'ok/001-state'].map((name) =>
      JSON.stringify(readCapturedBody(name))
        .replaceAll('orders_pipeline', longName(name === 'ok/002-trace' ? 256 : 2000))
        .replaceAll('shop_data', longName(2000)),
    );
    await keep(0, 'trace', trace);
    await keep(1, 'state', state);
    await ingest();
    expect(await listProblems()).toEqual([
      { number: 0, problem: null, waits: false },
      { number: 1, problem: null, waits: false },
    ]);
  });

  it('keep every version of a schema, as it was sent', async () => {
    const names = await keepCaptured('state');
    const evolved = readCapturedBody('ok/001-state') as {
      schemas: { version: number; version_hash: string }[];
    };
    for (const schema of evolved.schemas) Object.assign(schema, { version: 3, version_hash: 'evolved' });
    await keep(names.length, 'state', evolved);
    await ingest();
    const sent = [...names.map((name) => readCapturedBody(name)), evolved].flatMap((body) => {
      const parsed = parseState(body);
      return parsed.ok ? parsed.details.schemas : [];
    });
    const stored = await readSchemas();
    const key = (name: string, hash: string) => `${name} ${hash}`;
    expect(new Set(stored.map(({ name, hash }) => key(name, hash)))).toEqual(
      new Set(sent.map(({ name, versionHash }) => key(name, versionHash))),
    );
    expect(stored).toHaveLength(4);
    expect(stored.find(({ hash }) => hash === 'evolved')).toMatchObject({
      name: 'shop',
      version: 3,
      pipeline: 'orders_pipeline',
      destination: 'duckdb',
      dataset: 'shop_data',
      jobRunId: run.id,
    });
    for (const { hash, document } of stored) {
      expect(document).toEqual(sent.findLast(({ versionHash }) => versionHash === hash)?.document);
    }
  });

  it('set the result of the run; the last one counts', async () => {
    await keepCaptured('job_result');
    await ingest();
    const last = readCapturedBody(listCaptured('job_result').at(-1) ?? '');
    expect(await fixture.store.telemetry.getResult(context.workspaceId, run.id)).toMatchObject({
      resultType: 'job.abort_me',
      jobRef: 'jobs.__deployment__.abort_me',
      document: last,
    });
  });

  it('change nothing when ingested a second time', async () => {
    const names = await keepCaptured('trace', 'state');
    await keep(names.length, 'job_result', readCapturedBody('ok/003-job_result'));
    await ingest();
    const read = async () => [
      await readPipelineRuns(),
      await readSchemas(),
      await fixture.store.telemetry.getResult(context.workspaceId, run.id),
    ];
    const before = await read();
    await setColumns(fixture.database, 'beacon_bodies', { ingestedAt: null }, { attemptId });
    await ingest();
    expect(await read()).toEqual(before);
    expect((await listProblems()).filter(({ waits }) => waits)).toEqual([]);
  });

  it('may add details to an existing run', async () => {
    const trace = readCapturedBody('ok/002-trace') as Record<string, unknown>;
    await keep(0, 'trace', { ...trace, steps: [] });
    await ingest();
    await keep(1, 'trace', trace);
    await ingest();
    const runs = await readPipelineRuns();
    expect(runs).toHaveLength(1);
    expect(runs[0]?.facts.totalRowsLoaded).toBeGreaterThan(0);
    expect(runs[0]?.traceBlobKey).toBe(`beacons/${attemptId}/1.json`);
  });
});

describe('an unusable body', () => {
  it('is marked with its problem once, and the others are ingested', async () => {
    await keep(0, 'trace', '{"transaction_id":');
    await keep(1, 'trace', 'NaN');
    await keep(2, 'state', []);
    await keep(3, 'job_result', { type: 'x' });
    await keep(4, 'metrics', {});
    await keep(5, 'trace', {
      ...(readCapturedBody('ok/002-trace') as object),
      pipeline_name: 'nul \0 and half \ud800',
    });
    await ingest();
    const problems = await listProblems();
    expect(problems.map(({ problem, waits }) => [problem === null, waits])).toEqual([
      ...Array.from({ length: 5 }, () => [false, false]),
      [true, false],
    ]);
    expect(problems[4]?.problem).toBe('There is no beacon of type "metrics".');
    expect((await readPipelineRuns()).map((row) => row?.facts.pipelineName)).toEqual([
      'nul \ufffd and half \ufffd',
    ]);
  });

  it('whose blob is missing waits, and blocks only its own attempt', async () => {
    const trace = readCapturedBody('ok/002-trace');
    await keep(0, 'trace', trace);
    await keep(1, 'trace', trace);
    await fixture.blobs.delete(`beacons/${attemptId}/0.json`);
    const other = await context.createAttempt(await context.startRun('jobs.a'));
    await keep(2, 'trace', trace, other.id);
    await fixture.ingestTelemetry.waiting();
    expect((await listProblems()).map(({ waits }) => waits)).toEqual([true, true]);
    expect(await fixture.store.telemetry.listOfJobRuns([other.run.id])).toHaveLength(1);
    await fixture.blobs.put(`beacons/${attemptId}/0.json`, Buffer.from(JSON.stringify(trace)));
    await fixture.ingestTelemetry.waiting();
    expect((await listProblems()).map(({ waits }) => waits)).toEqual([false, false]);
  });
});

describe('bodies stored by a crashed server', () => {
  it('are ingested at the next start, of all attempts and in any number', async () => {
    const trace = readCapturedBody('ok/002-trace') as Record<string, unknown>;
    const count = 120;
    for (let number = 0; number < count; number += 1) {
      await keep(number, 'trace', { ...trace, steps: [], transaction_id: `t${number}` });
    }
    await fixture.ingestTelemetry.waiting();
    expect(await fixture.store.telemetry.listOfJobRuns([run.id])).toHaveLength(count);
    expect(await fixture.store.telemetry.watermark(context.workspaceId)).toBeInstanceOf(Date);
  });
});
