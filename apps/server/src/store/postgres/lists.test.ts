import type { History, HistoryJob, HistoryPipelineRun, HistoryRun } from './testing/random-history.ts';
import type { JobFilter, JobRunFilter, JobRunSortKey, JobSortKey, ListPosition } from '../records.ts';
import type { PipelineRunFilter, PipelineRunSortKey, RowList, Sorting } from '../records.ts';
import type { Store } from '../store.ts';
import type { TestDatabase } from '@pumphouse/testing/fixtures/postgres.ts';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStore } from '../store.ts';
import { createTestDatabase } from '@pumphouse/testing/fixtures/postgres.ts';
import {
  datasets,
  destinations,
  drawHistory,
  people,
  pipelines,
  profiles,
  statuses,
  storeHistory,
  triggers,
} from './testing/random-history.ts';
import { ListPositionError } from '../list-position.ts';
import { propertySeed } from '@pumphouse/testing/fixtures/property-seed.ts';

let own: TestDatabase;
let store: Store;
let history: History;

beforeAll(async () => {
  own = await createTestDatabase();
  store = createStore(own.database);
  const organization = await store.people.createOrganization({ name: 'Acme', dataplaneId: 'local' });
  // The second has rows of the same kinds, which must not be visible from the first.
  for (const seed of [propertySeed, propertySeed + 1]) {
    const workspace = await store.workspaces.create({
      organizationId: organization.id,
      name: 'W',
      description: null,
    });
    const drawn = drawHistory(workspace.id, seed, { jobs: 50, runs: 400, pipelineRuns: 300 });
    await storeHistory(own.database, drawn);
    history ??= drawn;
  }
});

afterAll(() => own.drop());

/** The expected content of a list, found by scanning all rows. */
interface Scan<Item, Filter, Key extends string> {
  items: () => readonly Item[];
  passes: (item: Item, filter: Filter) => boolean;
  valueOf: Record<Key, (item: Item) => Date | number | string | null>;
}

type Identified = { id: string; createdAt: Date };

function scan<Item extends Identified, Filter, Key extends string>(
  { items, passes, valueOf }: Scan<Item, Filter, Key>,
  filter: Filter,
  sorting: Sorting<Key>,
): string[] {
  const terms = sorting.map(({ key, order }) => ({ value: valueOf[key], order }));
  if (terms.length === 0) terms.push({ value: (item) => item.createdAt, order: 'desc' });
  const compare = (left: Item, right: Item) => {
    for (const { value, order } of terms) {
      const [a, b] = [value(left), value(right)];
      if (a === null || b === null) {
        if (a !== b) return a === null ? 1 : -1;
      } else if (Number(a < b) !== Number(b < a)) {
        return a < b === (order === 'asc') ? -1 : 1;
      }
    }
    return left.id < right.id === (terms.at(-1)?.order === 'asc') ? -1 : 1;
  };
  return items()
    .filter((item) => passes(item, filter))
    .toSorted(compare)
    .map((item) => item.id);
}

async function walkWithCursor<Key extends string>(
  list: RowList<{ id: string }, Key>,
  sorting: Sorting<Key>,
  limit: number,
): Promise<string[]> {
  const ids: string[] = [];
  let after: ListPosition | null = null;
  do {
    const { rows, next }: { rows: { id: string }[]; next: ListPosition | null } = await list.read({
      limit,
      offset: 0,
      sorting,
      after,
    });
    expect(rows.length).toBeLessThanOrEqual(limit);
    ids.push(...rows.map((row) => row.id));
    after = next;
  } while (after && ids.length < 2000);
  return ids;
}

function sortings<Key extends string>(keys: readonly [Key, ...Key[]]) {
  const term = fc.record({
    key: fc.constantFrom(...keys),
    order: fc.constantFrom('asc' as const, 'desc' as const),
  });
  // Callers mostly use one sort key.
  return fc.oneof(
    fc.constant([]),
    fc.array(term, { minLength: 1, maxLength: 1 }),
    fc.array(term, { maxLength: 3 }),
  );
}

const some = <Value>(values: readonly Value[]) =>
  fc.option(fc.uniqueArray(fc.constantFrom(...values), { minLength: 1, maxLength: 3 }));
/** Null in half of the cases. */
const sometimes = <Value>(arbitrary: fc.Arbitrary<Value>) => fc.option(arbitrary, { freq: 2 });
const times = sometimes(
  fc
    .integer({ min: 0, max: 40 })
    .map((step) => new Date(Date.parse('2026-03-01T00:00:00Z') + step * 21_599_999)),
);

/** Compares a list with a scan: by cursor and by offset, in pages of any size, and its total. */
async function compareWithScan<Item extends Identified, Filter, Key extends string>(
  reference: Scan<Item, Filter, Key>,
  list: (filter: Filter) => RowList<{ id: string }, Key> | Promise<RowList<{ id: string }, Key>>,
  arbitraries: { filter: fc.Arbitrary<Filter>; sorting: fc.Arbitrary<Sorting<Key>> },
): Promise<void> {
  const size = reference.items().length;
  const cases = fc.record({
    ...arbitraries,
    // The long pages too are a third of all rows at most, so that most lists have several pages.
    limit: fc.oneof(
      fc.integer({ min: 5, max: 25 }),
      fc.integer({ min: Math.ceil(size / 10), max: Math.floor(size / 3) }),
    ),
    offset: fc.integer({ min: 0, max: 120 }),
    atMost: fc.integer({ min: 1, max: 500 }),
  });
  const seen = { pages: 0, rows: 0 };
  await fc.assert(
    fc.asyncProperty(cases, async ({ filter, sorting, limit, offset, atMost }) => {
      const expected = scan(reference, filter, sorting);
      const rows = await list(filter);
      expect(await walkWithCursor(rows, sorting, limit)).toEqual(expected);
      const page = await rows.read({ limit, offset, sorting });
      expect(page.rows.map((row) => row.id)).toEqual(expected.slice(offset, offset + limit));
      expect(page.next !== null).toBe(expected.length > offset + limit);
      expect(await rows.count(atMost)).toBe(Math.min(expected.length, atMost));
      seen.pages += expected.length > limit ? 1 : 0;
      seen.rows += expected.length;
    }),
    { seed: propertySeed, numRuns: 100 },
  );
  // Comparing only empty lists would prove nothing.
  expect(seen.pages).toBeGreaterThan(20);
}

const holds = (text: string | null | undefined, part: string) =>
  text?.toLowerCase().includes(part.toLowerCase()) ?? false;
const isOneOf = (values: readonly string[] | null | undefined, value: string | null) =>
  values == null || (value !== null && values.includes(value));
const isWithin = (at: Date, { start, end }: { start?: Date | null; end?: Date | null }) =>
  (!start || at >= start) && (!end || at < end);
const durationOf = ({ startedAt, finishedAt }: HistoryRun) =>
  startedAt && finishedAt ? (finishedAt.getTime() - startedAt.getTime()) / 1000 : null;

describe('job runs', () => {
  const jobOf = (run: HistoryRun) => history.jobs.find((job) => job.id === run.jobId) as HistoryJob;

  function matches(run: HistoryRun, search: string): boolean {
    const job = jobOf(run);
    return (
      holds(job.ref, search) ||
      holds(job.name, search) ||
      String(run.number) === search ||
      history.pipelineRuns.some((one) => one.jobRunId === run.id && holds(one.pipelineName, search))
    );
  }

  const hasRun = (run: HistoryRun, pipelineName: string) =>
    history.pipelineRuns.some((one) => one.jobRunId === run.id && one.pipelineName === pipelineName);

  const reference: Scan<HistoryRun, JobRunFilter, JobRunSortKey> = {
    items: () => history.runs,
    passes: (run, filter) => {
      const seconds = durationOf(run);
      return (
        (filter.search == null || matches(run, filter.search)) &&
        (filter.jobId == null || run.jobId === filter.jobId) &&
        (filter.number == null || run.number === filter.number) &&
        (filter.previousJobRunId == null || run.previousJobRunId === filter.previousJobRunId) &&
        (filter.deploymentId == null || run.deploymentId === filter.deploymentId) &&
        (filter.configurationId == null || run.configurationId === filter.configurationId) &&
        isOneOf(filter.statuses, run.status) &&
        isOneOf(filter.triggers, run.trigger) &&
        isOneOf(filter.triggerKinds, run.triggerKind) &&
        isOneOf(filter.triggeredBy, run.triggeredBy) &&
        isOneOf(filter.profiles, run.profile) &&
        isOneOf(filter.jobTypes, jobOf(run).type) &&
        (filter.tags == null || filter.tags.some((tag) => jobOf(run).triggers.includes(`tag:${tag}`))) &&
        (filter.pipelineNames == null || filter.pipelineNames.some((name) => hasRun(run, name))) &&
        (filter.leaveOutSkipped !== true || run.status !== 'skipped') &&
        (filter.minDurationSeconds == null || (seconds !== null && seconds >= filter.minDurationSeconds)) &&
        (filter.maxDurationSeconds == null || (seconds !== null && seconds <= filter.maxDurationSeconds)) &&
        isWithin(run.createdAt, filter) &&
        (filter.includeSystemJobs === true || jobOf(run).ref !== 'jobs.workspace.dashboard')
      );
    },
    valueOf: {
      created_at: (run) => run.createdAt,
      duration_seconds: durationOf,
      finished_at: (run) => run.finishedAt,
      number: (run) => run.number,
      started_at: (run) => run.startedAt,
    },
  };
  const packageId = fc.integer({ min: 0, max: 2 }).map((index) => history.packageIds[index] ?? null);
  const one = {
    search: fc.constantFrom('orders', 'LOAD', 'load_1', 'stock', '3', 'nothing', '', '99999999999', 'items'),
    jobId: fc.integer({ min: 0, max: 49 }).map((index) => history.jobs[index]?.id ?? null),
    number: fc.integer({ min: 1, max: 9 }),
    previousJobRunId: fc.integer({ min: 0, max: 4 }).map((index) => history.runs[index]?.id ?? null),
    deploymentId: packageId,
    configurationId: packageId,
    statuses: some(statuses),
    triggers: some(triggers),
    triggerKinds: some(['manual', 'schedule', 'every']),
    triggeredBy: some(people),
    profiles: some(profiles),
    jobTypes: some(['batch', 'interactive']),
    // Between the durations that occur: equality in binary floating point is not the subject of this test.
    minDurationSeconds: fc.integer({ min: 0, max: 6 }).map((step) => step + 0.5),
    maxDurationSeconds: fc.integer({ min: 0, max: 6 }).map((step) => step + 0.5),
    includeSystemJobs: fc.constant(true),
    pipelineNames: some(pipelines),
    tags: some(['nightly', 'none']),
    leaveOutSkipped: fc.constant(true),
  };
  const sorting = sortings(['created_at', 'duration_seconds', 'finished_at', 'number', 'started_at']);

  it('equal a scan of all rows, for each filter separately', async () => {
    const alone = Object.entries(one).map(([key, values]) =>
      values.map((value: unknown) => ({ [key]: value })),
    );
    const filter = fc.oneof(fc.record({ start: times, end: times }), ...alone) as fc.Arbitrary<JobRunFilter>;
    await compareWithScan(reference, (given) => store.jobRuns.list(history.workspaceId, given), {
      filter,
      sorting,
    });
  });

  it('equal a scan of all rows, for combined filters', async () => {
    const together = Object.fromEntries(
      Object.entries(one).map(([key, values]) => [key, sometimes<unknown>(values as fc.Arbitrary<unknown>)]),
    );
    const filter = fc
      .tuple(
        fc.subarray(Object.keys(one), { minLength: 2, maxLength: 3 }),
        fc.record({ ...together, start: times, end: times }),
      )
      .map(([keys, { start, end, ...values }]) => ({
        start,
        end,
        ...Object.fromEntries(keys.map((key) => [key, (values as Record<string, unknown>)[key]])),
      })) as fc.Arbitrary<JobRunFilter>;
    await compareWithScan(reference, (given) => store.jobRuns.list(history.workspaceId, given), {
      filter,
      sorting,
    });
  });
});

describe('pipeline runs', () => {
  const reference: Scan<HistoryPipelineRun, PipelineRunFilter, PipelineRunSortKey> = {
    items: () => history.pipelineRuns,
    passes: (run, filter) =>
      (filter.search == null ||
        holds(run.pipelineName, filter.search) ||
        holds(run.datasetName, filter.search)) &&
      isOneOf(filter.jobRunIds, run.jobRunId) &&
      isOneOf(filter.pipelineNames, run.pipelineName) &&
      isOneOf(filter.statuses, run.status) &&
      isOneOf(filter.datasetNames, run.datasetName) &&
      isOneOf(filter.destinationNames, run.destinationName) &&
      (filter.isEmptyRun == null || run.isEmptyRun === filter.isEmptyRun) &&
      isWithin(run.createdAt, filter),
    valueOf: {
      duration_ms: (run) => run.durationMs,
      finished_at: (run) => run.finishedAt,
      started_at: (run) => run.startedAt,
      total_bytes_loaded: (run) => run.totalBytesLoaded,
      total_rows_loaded: (run) => run.totalRowsLoaded,
    },
  };

  it('equal a scan of all rows', async () => {
    const filter = fc.record({
      search: sometimes(fc.constantFrom('ORDER', 'shop', 'stock', 'nothing', '')),
      jobRunIds: sometimes(
        fc
          .uniqueArray(fc.integer({ min: 0, max: 399 }), { minLength: 1, maxLength: 30 })
          .map((indexes) => indexes.map((index) => history.runs[index]?.id ?? '')),
      ),
      pipelineNames: some(pipelines),
      statuses: sometimes(some(['succeeded', 'failed'])),
      datasetNames: sometimes(some(datasets.filter((name) => name !== null))),
      destinationNames: sometimes(some(destinations)),
      isEmptyRun: sometimes(fc.boolean()),
      start: times,
      end: times,
    });
    const sparse = fc
      .tuple(
        fc.subarray(
          [
            'search',
            'jobRunIds',
            'pipelineNames',
            'statuses',
            'datasetNames',
            'destinationNames',
            'isEmptyRun',
            'start',
          ],
          { maxLength: 2 },
        ),
        filter,
      )
      .map(
        ([keys, values]) =>
          Object.fromEntries(
            keys.map((key) => [key, values[key as keyof typeof values]]),
          ) as PipelineRunFilter,
      );
    const sorting = sortings([
      'duration_ms',
      'finished_at',
      'started_at',
      'total_bytes_loaded',
      'total_rows_loaded',
    ]);
    await compareWithScan(
      reference,
      (given) => store.telemetry.listPipelineRuns(history.workspaceId, given),
      {
        filter: sparse,
        sorting,
      },
    );
  });
});

describe('jobs', () => {
  const runsOf = (job: HistoryJob) => history.runs.filter((run) => run.jobId === job.id);
  const newestFirst = (job: HistoryJob) =>
    runsOf(job).toSorted((a, b) => b.createdAt.getTime() - a.createdAt.getTime() || (a.id < b.id ? 1 : -1));
  const latestOf = (job: HistoryJob) => newestFirst(job).find(({ status }) => status !== 'skipped');
  /** As of jobs that are not failing, as all of the history are. */
  function statusesOf(job: HistoryJob): string[] {
    const statuses = newestFirst(job).map(({ status }): string => status);
    const state = statuses.find((status) => status !== 'skipped' && status !== 'failed');
    const last = statuses.find((status) => status !== 'skipped');
    const isActive = last !== undefined && !['completed', 'failed', 'cancelled'].includes(last);
    return [state, isActive ? last : undefined, statuses[0] === 'skipped' ? 'skipped' : undefined].filter(
      (status) => status !== undefined,
    );
  }
  const reference: Scan<HistoryJob, JobFilter, JobSortKey> = {
    items: () => history.jobs,
    passes: (job, filter) =>
      (filter.ref == null || job.ref === filter.ref) &&
      (filter.search == null || holds(job.name ?? job.ref, filter.search) || holds(job.ref, filter.search)) &&
      (filter.isArchived == null || job.isArchived === filter.isArchived) &&
      (filter.isPaused == null || job.isPaused === filter.isPaused) &&
      (filter.isStarred == null || job.isStarred === filter.isStarred) &&
      isOneOf(filter.jobTypes, job.type) &&
      isOneOf(filter.profiles, job.profile) &&
      (filter.tags == null || filter.tags.some((tag) => job.triggers.includes(`tag:${tag}`))) &&
      (filter.pipelineNames == null ||
        filter.pipelineNames.some((name) => job.triggers.includes(`pipeline_name:${name}`))) &&
      (filter.statuses == null || statusesOf(job).some((status) => filter.statuses?.includes(status))) &&
      (filter.isSelfFiring == null ||
        job.triggers.some((text) => text.startsWith('schedule:')) === filter.isSelfFiring) &&
      (filter.triggerKinds == null ||
        job.triggers.some((text) => filter.triggerKinds?.includes(text.slice(0, text.indexOf(':'))))) &&
      isOneOf(filter.categories, job.category) &&
      (filter.excludedCategories == null || !filter.excludedCategories.includes(job.category ?? '')) &&
      ((!filter.start && !filter.end) || runsOf(job).some((run) => isWithin(run.createdAt, filter))),
    valueOf: {
      created_at: (job) => job.createdAt,
      last_run_at: (job) => latestOf(job)?.createdAt ?? null,
      last_run_ended_at: (job) => latestOf(job)?.finishedAt ?? null,
      name: (job) => (job.name ?? job.ref).toLowerCase(),
      next_scheduled_run_at: (job) => job.nextTickAt,
      next_start_at: (job) => (job.isPaused ? null : job.nextTickAt),
      starred: (job) => Number(job.isStarred),
    },
  };

  it('equal a scan of all rows', async () => {
    const values = {
      ref: fc.constant('jobs.shop.load_3'),
      search: fc.constantFrom('load', 'ORDERS', 'load_1', ''),
      isArchived: fc.boolean(),
      isPaused: fc.boolean(),
      isStarred: fc.boolean(),
      jobTypes: some(['batch', 'interactive']),
      profiles: some(profiles),
      tags: fc.constant(['nightly', 'none']),
      pipelineNames: fc.constant(['stock']),
      statuses: some(statuses),
      isSelfFiring: fc.boolean(),
      triggerKinds: some(['manual', 'tag']),
      categories: some(['pipeline', 'notebook']),
      excludedCategories: some(['pipeline', 'notebook']),
      start: times,
      end: times,
    };
    const filter = fc
      .tuple(fc.subarray(Object.keys(values), { maxLength: 2 }), fc.record(values))
      .map(
        ([keys, drawn]) =>
          Object.fromEntries(keys.map((key) => [key, drawn[key as keyof typeof drawn]])) as JobFilter,
      );
    const sorting = sortings([
      'created_at',
      'last_run_at',
      'last_run_ended_at',
      'name',
      'next_scheduled_run_at',
      'next_start_at',
      'starred',
    ]);
    await compareWithScan(reference, (given) => store.jobs.list(history.workspaceId, given), {
      filter,
      sorting,
    });
  });
});

describe('an invented position', () => {
  it.each([
    ['too few values', ['2026-03-01T00:00:00Z']],
    ['too many values', ['2026-03-01T00:00:00Z', people[0] ?? '', people[0] ?? '']],
    ['no time', ['soon', people[0] ?? '']],
    ['no id', ['2026-03-01T00:00:00Z', 'first']],
    ['a NUL character', ['\0', people[0] ?? '']],
  ])('is rejected: %s', async (_, after) => {
    const list = await store.jobRuns.list(history.workspaceId, {});
    await expect(list.read({ limit: 1, offset: 0, after })).rejects.toThrow(ListPositionError);
    const sorting = [{ key: 'started_at' as const, order: 'asc' as const }];
    await expect(list.read({ limit: 1, offset: 0, sorting, after })).rejects.toThrow(ListPositionError);
  });
});
