import { afterAll, beforeAll, expect, it } from 'vitest';
import * as fc from 'fast-check';
import type { CostEntry, CostFigures } from '../../domain/cost/cost-entry.ts';
import type { JobRunRecord } from '../../store/records.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { createWorkspaceFixture, defineJob } from '../testing/workspace-fixture.ts';
import { addPipelineRun } from '../../store/postgres/testing/pipelines.ts';
import { caseCount, propertySeed } from '../../../../../testing/fixtures/property-seed.ts';
import { copyRun } from '../../store/postgres/testing/runs.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;
/** A run of a small job and one of a large job, from which the others are copied. */
let templates: JobRunRecord[];

beforeAll(async () => {
  fixture = await createServiceFixture();
  context = await createWorkspaceFixture(fixture);
  await context.deployAll([
    defineJob('jobs.a'),
    defineJob('jobs.b', { require: { instance: { size: 'large' } } }),
  ]);
  templates = [await context.startRun('jobs.a'), await context.startRun('jobs.b')];
});
afterAll(() => fixture.close());

const mebibyte = 1024 ** 2;
const sizes = ['small', 'large'];

interface EndedAttempt {
  job: number;
  isOfUser: boolean;
  closedAt: Date;
  tookMs: number;
  limits: { cores: number; memoryMebibytes: number } | null;
  /** Points of a timeline; null without one. */
  points: { cpuMs: number; memoryMebibytes: number }[] | null;
  loaded: { rows: number; correctedTo: number };
}

/** Often on a day boundary. */
const instant = fc
  .tuple(fc.constantFrom('2026-02-28', '2026-03-01', '2026-03-29'), fc.constantFrom(0, -1, 1, 43_200_000))
  .map(([day, ms]) => new Date(Date.parse(`${day}T00:00:00Z`) + ms));
const point = fc.record({
  cpuMs: fc.nat(5000),
  // Beyond any limit: runs can claim everything.
  memoryMebibytes: fc.oneof(fc.nat(9000), fc.constant(8_000_000_000)),
});
const endedAttempt: fc.Arbitrary<EndedAttempt> = fc.record({
  job: fc.nat(1),
  isOfUser: fc.boolean(),
  closedAt: instant,
  tookMs: fc.integer({ min: -10, max: 100_000_000 }),
  limits: fc.option(
    fc.record({ cores: fc.integer({ min: 1, max: 16 }), memoryMebibytes: fc.constant(4096) }),
  ),
  points: fc.option(fc.array(point, { maxLength: 3 })),
  loaded: fc.record({ rows: fc.nat(1000), correctedTo: fc.nat(1000) }),
});

/** Inserts a run with an open attempt, and what its pipeline loaded. */
async function insert(attempt: EndedAttempt): Promise<string> {
  const { job, isOfUser, closedAt, tookMs, limits, points, loaded } = attempt;
  const [jobRunId = ''] = await copyRun(fixture.database, templates[job]?.id ?? '', 1, () => ({}));
  await fixture.database.execute('update job_runs set triggered_by = $2, trigger_kind = $3 where id = $1', [
    jobRunId,
    isOfUser ? context.membershipId : null,
    isOfUser ? 'manual' : 'schedule',
  ]);
  const usage = points && {
    secondsPerPoint: 10,
    memoryBytes: points.map(({ memoryMebibytes }) => memoryMebibytes * mebibyte),
    cpuMicroseconds: points.map(({ cpuMs }) => cpuMs * 1000),
    peakMemoryBytes: Math.max(0, ...points.map(({ memoryMebibytes }) => memoryMebibytes)) * mebibyte,
  };
  const { id } = await fixture.database.one<{ id: string }>(
    `insert into attempts (job_run_id, number, claim_number, executor, begun_at, cores, memory_limit_bytes, resource_usage)
     values ($1, 1, 1, 'fake', $2, $3, $4, $5) returning id`,
    [
      jobRunId,
      new Date(closedAt.getTime() - tookMs),
      limits?.cores ?? null,
      limits ? limits.memoryMebibytes * mebibyte : null,
      usage,
    ],
  );
  const pipelineRunId = await addPipelineRun(fixture.database, {
    workspaceId: context.workspaceId,
    jobRunId,
    attemptId: id,
    transactionId: 't',
    pipelineName: 'p',
    status: 'succeeded',
    createdAt: closedAt,
    totalRowsLoaded: loaded.rows,
    totalBytesLoaded: loaded.rows * 8,
  });
  await fixture.database.execute(
    'update pipeline_runs set total_rows_loaded = $2::bigint, total_bytes_loaded = $2::bigint * 8 where id = $1',
    [pipelineRunId, loaded.correctedTo],
  );
  return id;
}

/** Ends an attempt, as several servers may try at once. */
const close = (id: string, { closedAt }: EndedAttempt) =>
  fixture.database.execute('update attempts set closed_at = $2 where id = $1 and closed_at is null', [
    id,
    closedAt,
  ]);

/** What the rollup must have of an attempt. */
function measure({ tookMs, limits, points, loaded }: EndedAttempt): CostFigures {
  const heldMs = Math.max(tookMs, 0);
  const cores = limits?.cores ?? 1024;
  const memoryBytes = (limits?.memoryMebibytes ?? 16 * mebibyte) * mebibyte;
  const isMeasured = points !== null && points.length > 0;
  const held = {
    core: (limits?.cores ?? 0) * heldMs,
    memory: (limits?.memoryMebibytes ?? 0) * mebibyte * heldMs,
  };
  const used = points ?? [];
  const sumOf = (values: number[]) => values.reduce((sum, value) => sum + value, 0);
  const meanBytes = isMeasured
    ? sumOf(used.map(({ memoryMebibytes }) => memoryMebibytes * mebibyte)) / used.length
    : 0;
  const highest = Math.max(0, ...used.map(({ memoryMebibytes }) => memoryMebibytes)) * mebibyte;
  return {
    attemptCount: 1,
    unlimitedCount: limits ? 0 : 1,
    measuredCount: isMeasured ? 1 : 0,
    heldMs,
    heldCoreMs: held.core,
    heldMemoryByteMs: held.memory,
    measuredCoreMs: isMeasured ? held.core : 0,
    measuredMemoryByteMs: isMeasured ? held.memory : 0,
    usedCoreMs: Math.min(sumOf(used.map(({ cpuMs }) => cpuMs)), cores * heldMs),
    usedMemoryByteMs: Math.min(meanBytes, memoryBytes) * heldMs,
    peakMemoryBytes: isMeasured ? Math.min(highest, memoryBytes) : null,
    peakCores: isMeasured ? Math.min(Math.max(...used.map(({ cpuMs }) => cpuMs)) / 10_000, cores) : null,
    rowsLoaded: loaded.correctedTo,
    bytesLoaded: loaded.correctedTo * 8,
  };
}

type Sums = Record<string, Partial<Record<keyof CostFigures, number | null>>>;

/** Adds up by key; only peaks are the highest. */
function addUp(all: readonly { key: string; figures: CostFigures }[]): Sums {
  const sums: Sums = {};
  for (const { key, figures } of all) {
    const sum = (sums[key] ??= {});
    for (const [name, value] of Object.entries(figures) as [keyof CostFigures, number | null][]) {
      const known = sum[name] ?? null;
      if (!name.startsWith('peak')) sum[name] = (known ?? 0) + (value ?? 0);
      else sum[name] = known === null || value === null ? (known ?? value) : Math.max(known, value);
    }
  }
  return sums;
}

/** Full scan of the attempts, by job, start and side of the change of rates. */
const scan = (attempts: readonly EndedAttempt[]): Sums =>
  addUp(
    attempts.map((attempt) => ({
      key: [
        attempt.job,
        sizes[attempt.job],
        attempt.isOfUser ? 'manual' : 'schedule',
        attempt.closedAt.toISOString() < rateStart ? 0 : 1,
      ].join(' '),
      figures: measure(attempt),
    })),
  );

const rateStart = '2026-03-01';

const readRollup = async (): Promise<Sums> => {
  const range = { from: '2026-02-27', to: '2026-03-29' };
  const entries = await fixture.store.costs.listEntries({ workspaceId: context.workspaceId }, range, [
    rateStart,
  ]);
  const jobIds = templates.map(({ jobId }) => jobId);
  return addUp(
    entries.map((entry) => ({
      key: [jobIds.indexOf(entry.jobId), entry.size, entry.triggerKind, entry.ratePeriod].join(' '),
      figures: figuresOf(entry),
    })),
  );
};

function figuresOf(entry: CostEntry): CostFigures {
  const { workspaceId: _w, jobId: _j, jobVersionId: _v, size: _s, triggerKind: _t, ...rest } = entry;
  const { startedBy: _by, ratePeriod: _p, ...figures } = rest;
  return figures;
}

/** Sums of large numbers differ in their last digits. */
function expectClose(actual: Sums, expected: Sums): void {
  expect(Object.keys(actual).toSorted()).toEqual(Object.keys(expected).toSorted());
  for (const [key, sum] of Object.entries(expected)) {
    for (const [name, value] of Object.entries(sum) as [keyof CostFigures, number | null][]) {
      const found = actual[key]?.[name] ?? null;
      if (value === null || found === null) expect({ key, name, found }).toEqual({ key, name, found: value });
      else
        expect(Math.abs(found - value), `${key} ${name}`).toBeLessThanOrEqual(Math.abs(value) * 1e-9 + 1e-9);
    }
  }
}

it('equals a scan of the attempts, in whatever order and however concurrently they ended', async () => {
  const property = fc.asyncProperty(
    fc.array(endedAttempt, { minLength: 1, maxLength: 8 }),
    async (attempts) => {
      await fixture.database.execute('delete from cost_days');
      await fixture.database.execute('delete from load_days');
      const ids: string[] = [];
      for (const attempt of attempts) ids.push(await insert(attempt));
      await Promise.all(
        attempts.flatMap((attempt, index) => [
          close(ids[index] ?? '', attempt),
          close(ids[index] ?? '', attempt),
        ]),
      );
      expectClose(await readRollup(), scan(attempts));
      // Retention removes runs; their days stay.
      await fixture.database.execute('delete from pipeline_runs where attempt_id = any($1)', [ids]);
      await fixture.database.execute('delete from attempts where id = any($1)', [ids]);
      expectClose(await readRollup(), scan(attempts));
      const byDay = await fixture.store.costs.listDays(
        { organizationId: context.organizationId },
        { from: '2026-02-27', to: '2026-03-29' },
      );
      expect(byDay.reduce((sum, { attemptCount }) => sum + attemptCount, 0)).toBe(attempts.length);
    },
  );
  await fc.assert(property, { seed: propertySeed, numRuns: caseCount(30) });
});

it('is recorded by the transaction that ends an attempt, once, and as long as its run', async () => {
  await fixture.database.execute('delete from cost_days');
  await fixture.database.execute('delete from usage_days');
  const run = templates[0] as JobRunRecord;
  const attempt = await context.createAttempt(run);
  const started = { begun: new Date(Date.now() - 90_000) };
  await fixture.database.execute('update attempts set begun_at = $2 where id = $1', [
    attempt.id,
    started.begun,
  ]);
  await context.setRun(run.id, { startedAt: started.begun });
  const failure = { code: 'exit_code', detail: 'It failed.' } as const;
  const ends = [1, 2, 3].map(() => fixture.finishRun(run.id, { status: 'failed', failure }));
  expect((await Promise.all(ends)).filter(Boolean)).toHaveLength(1);
  const cost = await fixture.readCost({ workspaceId: context.workspaceId }, 'job', {});
  const usage = await fixture.readUsage({ workspaceId: context.workspaceId }, {});
  expect(cost.total).toMatchObject({ attemptCount: 1, measuredCount: 0, unlimitedCount: 0, amount: null });
  expect(cost.total.heldMs).toBe(usage.total.runMs);
  expect(cost.total.heldCoreMs).toBe(2 * cost.total.heldMs);
});
