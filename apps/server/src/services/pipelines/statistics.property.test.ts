import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { StatisticsSubject } from '../../store/records.ts';
import { Temporal } from 'temporal-polyfill';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { createWorkspaceFixture, defineJob } from '../testing/workspace-fixture.ts';
import { createReadStatistics } from './read-statistics.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { caseCount, propertySeed } from '../../../../../testing/fixtures/property-seed.ts';

let fixture: ServiceFixture;
let statistics: ReturnType<typeof createReadStatistics>;
/** Where the runs are stored: a workspace, one job run and its attempt. */
let at: { workspaceId: string; jobRunId: string; attemptId: string };

beforeAll(async () => {
  fixture = await createServiceFixture();
  statistics = createReadStatistics(fixture.persistence, () => new Date('2026-03-01T12:00:00Z'));
  const context = await createWorkspaceFixture(fixture);
  await context.deployAll([defineJob('jobs.a', { execute: { concurrency: null } })]);
  const { id, run } = await context.createAttempt(await context.startRun('jobs.a'));
  at = { workspaceId: context.workspaceId, jobRunId: run.id, attemptId: id };
});
afterEach(removeAll);
afterAll(() => fixture.close());

/** A stored pipeline run, keyed by its transaction. */
interface Run {
  transactionId: string;
  createdAt: Date;
  pipelineName: string;
  datasetName: string | null;
  destinationName: string | null;
  status: 'succeeded' | 'failed';
  durationMs: number | null;
  rowsExtracted: number;
  rowsLoaded: number;
  bytesLoaded: number;
  hasSchemaMigration: boolean;
}

type Change =
  | { kind: 'put'; runs: Run[] }
  | { kind: 'move'; transactionIds: string[]; createdAt: Date; pipelineName: string }
  | { kind: 'remove'; transactionIds: string[] };

const days = [
  '2025-09-30',
  '2025-10-26',
  '2025-12-31',
  '2026-01-01',
  '2026-01-15',
  '2026-01-31',
  '2026-02-28',
];
const transactionId = fc.integer({ min: 0, max: 30 }).map((number) => `t${number}`);
const pipelineName = fc.constantFrom('orders', 'Events', 'users');
const count = fc.oneof(fc.nat(1000), fc.constantFrom(0, Number.MAX_SAFE_INTEGER - 1));
/** Often on a day boundary of some zone, otherwise at any time. */
const instant = fc
  .tuple(
    fc.constantFrom(...days),
    fc.oneof(
      fc.constantFrom(0, 1, -1, 11 * 3_600_000, 13 * 3_600_000, 18.25 * 3_600_000, 23 * 3_600_000),
      fc.integer({ min: 0, max: 86_399_999 }),
    ),
  )
  .map(([day, ms]) => new Date(Date.parse(`${day}T00:00:00Z`) + ms));
const run: fc.Arbitrary<Run> = fc.record({
  transactionId,
  createdAt: instant,
  pipelineName,
  datasetName: fc.constantFrom(null, 'shop', 'Lake'),
  destinationName: fc.constantFrom(null, 'duckdb', 'postgres'),
  status: fc.constantFrom('succeeded', 'failed'),
  durationMs: fc.oneof(fc.constantFrom(null, 0.5, 1.5, 2.4999), fc.nat(100_000)),
  rowsExtracted: count,
  rowsLoaded: count,
  bytesLoaded: count,
  hasSchemaMigration: fc.boolean(),
});
const runs = fc.uniqueArray(run, { selector: (one) => one.transactionId, minLength: 1, maxLength: 12 });
const transactionIds = fc.array(transactionId, { minLength: 1, maxLength: 8 });
const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 3, arbitrary: runs.map((runs): Change => ({ kind: 'put', runs })) },
  fc.record({ kind: fc.constant('move' as const), transactionIds, createdAt: instant, pipelineName }),
  fc.record({ kind: fc.constant('remove' as const), transactionIds }),
);
const timezone = fc.constantFrom(
  'UTC',
  // On UTC in winter, so that only some of its days have runs to move.
  'Europe/London',
  'Europe/Berlin',
  'America/New_York',
  'America/St_Johns',
  'Asia/Kolkata',
  'Asia/Kathmandu',
  'Pacific/Apia',
  'Pacific/Auckland',
);
/** Names of pipelines and datasets. */
const names = fc.subarray(['orders', 'Events', 'shop', 'Lake', 'gone'], { minLength: 1 });
const window = fc.record({
  start: fc.option(instant, { freq: 4 }),
  end: fc.option(instant, { freq: 4 }),
});

async function apply(change: Change, sql: Pick<ServiceFixture['database'], 'execute'> = fixture.database) {
  if (change.kind === 'put') return put(change.runs, sql);
  if (change.kind === 'remove')
    return sql.execute('delete from pipeline_runs where attempt_id = $1 and transaction_id = any($2)', [
      at.attemptId,
      change.transactionIds,
    ]);
  return sql.execute(
    'update pipeline_runs set created_at = $3, pipeline_name = $4 where attempt_id = $1 and transaction_id = any($2)',
    [at.attemptId, change.transactionIds, change.createdAt, change.pipelineName],
  );
}

/** Late and repeated bodies: existing runs get new values, possibly with another day and other names. */
async function put(runs: readonly Run[], sql: Pick<ServiceFixture['database'], 'execute'>) {
  const values = runs.map((one) => ({
    transaction_id: one.transactionId,
    created_at: one.createdAt,
    pipeline_name: one.pipelineName,
    dataset_name: one.datasetName,
    destination_name: one.destinationName,
    status: one.status,
    duration_ms: one.durationMs,
    total_rows_extracted: one.rowsExtracted,
    total_rows_loaded: one.rowsLoaded,
    total_bytes_loaded: one.bytesLoaded,
    has_schema_migration: one.hasSchemaMigration,
  }));
  const columns = Object.keys(values[0] ?? {});
  return sql.execute(
    `insert into pipeline_runs (workspace_id, job_run_id, attempt_id, facts, trace_blob_key, ${columns.join(', ')})
     select $1, $2, $3, '{}', '', ${columns.join(', ')} from json_populate_recordset(null::pipeline_runs, $4)
     on conflict (attempt_id, transaction_id) do update
        set ${columns.map((column) => `${column} = excluded.${column}`).join(', ')}`,
    [at.workspaceId, at.jobRunId, at.attemptId, JSON.stringify(values)],
  );
}

async function removeAll(): Promise<void> {
  await fixture.database.execute('delete from pipeline_runs where workspace_id = $1', [at.workspaceId]);
}

interface Row extends Run {
  id: string;
}

/** Full scan: every run of the workspace, newest first. */
async function scan(): Promise<Row[]> {
  return fixture.database.query<Row>(
    `select id, transaction_id as "transactionId", created_at as "createdAt", pipeline_name as "pipelineName",
            dataset_name as "datasetName", destination_name as "destinationName", status, duration_ms as "durationMs",
            total_rows_extracted as "rowsExtracted", total_rows_loaded as "rowsLoaded",
            total_bytes_loaded as "bytesLoaded", has_schema_migration as "hasSchemaMigration"
       from pipeline_runs where workspace_id = $1 order by created_at desc, id desc`,
    [at.workspaceId],
  );
}

const nameOf = { pipeline: (one: Row) => one.pipelineName, dataset: (one: Row) => one.datasetName };

/** Sorts as SQL orders text. */
const byName = <Item extends { name: string }>(items: Item[]) =>
  items.toSorted((left, right) => (left.name < right.name ? -1 : 1));

function within(rows: readonly Row[], startMs: number, endMs: number): Row[] {
  return rows.filter(({ createdAt }) => createdAt.getTime() >= startMs && createdAt.getTime() < endMs);
}

function sum(values: readonly number[]): number {
  const total = values.reduce((total, value) => total + BigInt(value), 0n);
  return Number(total > BigInt(Number.MAX_SAFE_INTEGER) ? BigInt(Number.MAX_SAFE_INTEGER) : total);
}

function sumsOf(rows: readonly Row[]) {
  const timesOf = (some: typeof rows) =>
    some.flatMap(({ durationMs }) => (durationMs === null ? [] : [Math.round(durationMs)]));
  const timed = timesOf(rows);
  const timedSuccesses = timesOf(rows.filter(({ status }) => status === 'succeeded'));
  return {
    runCount: rows.length,
    succeededCount: rows.filter(({ status }) => status === 'succeeded').length,
    succeededTimedCount: timedSuccesses.length,
    schemaMigrationCount: rows.filter(({ hasSchemaMigration }) => hasSchemaMigration).length,
    durationMs: sum(timed),
    succeededDurationMs: sum(timedSuccesses),
    rowsExtracted: sum(rows.map(({ rowsExtracted }) => rowsExtracted)),
    rowsLoaded: sum(rows.map(({ rowsLoaded }) => rowsLoaded)),
    bytesLoaded: sum(rows.map(({ bytesLoaded }) => bytesLoaded)),
  };
}

function groupByName(rows: readonly Row[], subject: StatisticsSubject): Map<string, Row[]> {
  const named = rows.flatMap((row) => {
    const name = nameOf[subject](row);
    return name === null ? [] : [{ name, row }];
  });
  const groups = Map.groupBy(named, ({ name }) => name);
  return new Map([...groups].map(([name, group]) => [name, group.map(({ row }) => row)]));
}

function scanStatistics(rows: readonly Row[], subject: StatisticsSubject) {
  const groups = [...groupByName(rows, subject)];
  return byName(
    groups.map(([name, group]) => ({
      name,
      ...sumsOf(group),
      distinctPipelineCount: new Set(group.map((one) => one.pipelineName)).size,
      latestRunId: group[0]?.id,
      latestRunAt: group[0]?.createdAt,
      latestStatus: group[0]?.status,
      latestPipelineName: group[0]?.pipelineName,
      latestDatasetName: group[0]?.datasetName,
      latestDestinationName: group[0]?.destinationName,
    })),
  );
}

async function expectStatistics(asked: { start: Date | null; end: Date | null }): Promise<void> {
  const rows = within(await scan(), asked.start?.getTime() ?? -Infinity, asked.end?.getTime() ?? Infinity);
  for (const subject of ['pipeline', 'dataset'] as const) {
    const found = await fixture.store.statistics.list(at.workspaceId, subject, asked);
    expect(byName(found)).toEqual(scanStatistics(rows, subject));
  }
}

async function expectDaily(asked: {
  start: Date;
  end: Date;
  timezone: string;
  names: string[] | null;
  limit: number;
}): Promise<void> {
  const rows = await scan();
  const expectedDays = listDays(asked);
  const daily = (rows: readonly Row[]) => {
    const sums = expectedDays.map((day) => sumsOf(within(rows, day.startMs, day.endMs)));
    const names = Object.keys(sumsOf([])) as (keyof ReturnType<typeof sumsOf>)[];
    return Object.fromEntries(names.map((name) => [name, sums.map((one) => one[name])]));
  };
  const touched = within(rows, expectedDays[0]?.startMs ?? 0, expectedDays.at(-1)?.endMs ?? 0);
  for (const subject of ['pipeline', 'dataset'] as const) {
    const groups = new Map(
      [...groupByName(touched, subject)].filter(([name]) => asked.names?.includes(name) ?? true),
    );
    const found = await statistics.daily(subject, at.workspaceId, {
      window: {
        start: asked.start.toISOString(),
        end: asked.end.toISOString(),
        timezone: asked.timezone,
      },
      names: asked.names,
      limit: asked.limit,
    });
    expect(found.days).toEqual(expectedDays);
    expect(found.total).toEqual(daily([...groups.values()].flat()));
    const byRuns = byName([...groups].map(([name, group]) => ({ name, group }))).toSorted(
      (left, right) => right.group.length - left.group.length,
    );
    expect(found.series).toEqual(
      byRuns.slice(0, asked.limit).map(({ name, group }) => ({ name, daily: daily(group) })),
    );
  }
}

/** Lists the calendar dates in order. */
function listDays({ start, end, timezone }: { start: Date; end: Date; timezone: string }) {
  const zoned = (date: Date) =>
    Temporal.Instant.fromEpochMilliseconds(date.getTime()).toZonedDateTimeISO(timezone);
  const found: { date: string; startMs: number; endMs: number }[] = [];
  for (let date = zoned(start).toPlainDate(); ; date = date.add({ days: 1 })) {
    const startMs = date.toZonedDateTime(timezone).epochMilliseconds;
    if (startMs >= end.getTime()) return found;
    const endMs = date.add({ days: 1 }).toZonedDateTime(timezone).epochMilliseconds;
    found.push({ date: date.toString(), startMs, endMs });
  }
}

it('equals a full scan, whatever was inserted, repeated, moved or removed', async () => {
  const property = fc.asyncProperty(
    fc.array(change, { minLength: 1, maxLength: 8 }),
    fc.array(window, { minLength: 3, maxLength: 3 }),
    async (changes, windows) => {
      await removeAll();
      for (const each of changes) await apply(each);
      for (const asked of windows) await expectStatistics(asked);
    },
  );
  await fc.assert(property, { seed: propertySeed, numRuns: caseCount(60) });
});

it('returns for each day of each zone the same as a full scan', async () => {
  const property = fc.asyncProperty(
    fc.array(change, { minLength: 1, maxLength: 5 }),
    fc.tuple(instant, instant).filter(([one, other]) => one.getTime() !== other.getTime()),
    fc.record({ timezone, names, limit: fc.constantFrom(1, 2, 100) }),
    async (changes, ends, asked) => {
      await removeAll();
      for (const each of changes) await apply(each);
      const [start, end] = ends.toSorted((left, right) => left.getTime() - right.getTime()) as [Date, Date];
      for (const names of [null, asked.names]) await expectDaily({ ...asked, start, end, names });
    },
  );
  await fc.assert(property, { seed: propertySeed, numRuns: caseCount(60) });
});

it('keeps nothing of removed runs', async () => {
  await put(fc.sample(runs, { seed: propertySeed, numRuns: 1 })[0] ?? [], fixture.database);
  const count = () =>
    fixture.database.one<{ rollups: number; hours: number }>(
      `select (select count(*) from pipeline_run_rollups)::int as rollups,
              (select count(*) from pipeline_run_hours)::int as hours`,
    );
  const before = await count();
  expect(before.rollups).toBeGreaterThan(0);
  expect(before.hours).toBeGreaterThan(0);
  await removeAll();
  expect(await count()).toEqual({ rollups: 0, hours: 0 });
});

/**
 * Each connection has its own transactions, like an attempt, and runs one statement after the other without
 * retries.
 */
it('equals a full scan after four connections have written the same days concurrently', async () => {
  const [changes = []] = fc.sample(fc.array(change, { minLength: 120, maxLength: 120 }), {
    seed: propertySeed,
    numRuns: 1,
  });
  const work = async (worker: number) => {
    for (const each of changes
      .filter((_, index) => index % 4 === worker)
      .map((each) => ofWorker(each, worker))) {
      // Bodies are stored one by one.
      const steps =
        each.kind === 'put' ? each.runs.map((one): Change => ({ kind: 'put', runs: [one] })) : [each];
      for (const step of steps) await apply(step);
    }
  };
  await Promise.all([0, 1, 2, 3].map(work));
  expect((await scan()).length).toBeGreaterThan(20);
  await expectStatistics({ start: null, end: null });
  await expectStatistics({ start: new Date('2025-12-31T10:00:00Z'), end: new Date('2026-01-31T15:00:00Z') });
});

function ofWorker(change: Change, worker: number): Change {
  const own = (transactionId: string) => `${worker}-${transactionId}`;
  if (change.kind !== 'put') return { ...change, transactionIds: change.transactionIds.map(own) };
  return {
    ...change,
    runs: change.runs.map((one) => ({ ...one, transactionId: own(one.transactionId) })),
  };
}
