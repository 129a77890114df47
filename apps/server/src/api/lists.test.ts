import type { ApiFixture } from './testing/api-fixture.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiFixture, defineJob } from './testing/api-fixture.ts';
import { drawHistory, people, storeHistory } from '../store/postgres/testing/random-history.ts';
import type { History } from '../store/postgres/testing/random-history.ts';

let api: ApiFixture;
let context: Awaited<ReturnType<ApiFixture['createWorkspaceFixture']>>;
let history: History;
let versionedJobId: string;
let telemetryToken: string;

type Item = Record<string, unknown>;

interface Answer {
  items: Item[];
  total: number;
  limit: number;
  offset: number;
  next_cursor: string | null;
}

beforeAll(async () => {
  api = await createApiFixture();
  context = await api.createWorkspaceFixture();
  const { organization, workspace, owner } = context;
  const { store } = api.persistence;
  for (const name of ['Beta', 'alpha', 'Gamma', 'beta']) {
    const other = await api.createOrganization(name);
    await store.people.addMember(other.id, owner.userId, 'member');
    const created = await store.workspaces.create({
      organizationId: organization.id,
      name,
      description: null,
    });
    await store.workspaces.addMember(created.id, owner.membershipId, 'owner');
    if (name === 'Gamma') await api.services.workspaces.archive(created.id);
  }
  history = drawHistory(workspace.id, 1, { jobs: 12, runs: 90, pipelineRuns: 60 });
  await storeHistory(api.testDatabase.database, history);
  for (let version = 2; version <= 7; version += 1)
    await api.createPackages(workspace.id, owner.membershipId);
  versionedJobId = await deployVersions();
  telemetryToken = (await api.credentials.issueDataplaneToken(owner.principal, workspace.id)).token;
});
afterAll(() => api.close());

/** A separate workspace with a job of seven versions: a deploy archives all jobs that it does not name. */
async function deployVersions(): Promise<string> {
  const { organization, owner } = context;
  const { store } = api.persistence;
  const workspace = await store.workspaces.create({
    organizationId: organization.id,
    name: 'versions',
    description: null,
  });
  await store.workspaces.addMember(workspace.id, owner.membershipId, 'owner');
  const at = { workspaceId: workspace.id, membershipId: owner.membershipId };
  let jobId = '';
  for (let version = 1; version <= 7; version += 1) {
    const jobs = [defineJob('jobs.m.versioned', { description: `Version ${version}` })];
    const deployed = await api.services.deploy({
      ...at,
      jobs,
      deploymentModule: null,
      dryRun: false,
    });
    jobId = deployed.jobs[0]?.job.id ?? '';
  }
  versionsUrl = `/pumphouse/v1/workspaces/${workspace.id}/jobs/${jobId}/versions`;
  return jobId;
}

let versionsUrl: string;

interface ListCase {
  name: string;
  url: () => string;
  /** Sort keys of the list, with the value of an item. */
  sorts: Record<string, (item: Item) => unknown>;
  /** Queries, each with a condition that every returned item meets. */
  filters?: Record<string, (item: Item) => boolean>;
}

const field = (key: string) => (item: Item) => item[key];
const base = () => `/api/v1/workspaces/${context.workspace.id}`;
const jobOf = (item: Item) => item['job'] as Item;
const latestRun = (key: string) => (item: Item) => (item['latest_job_run'] as Item | null)?.[key] ?? null;
const lower = (key: string) => (item: Item) => String(item[key]).toLowerCase();
const dayOf = (item: Item, zone: string) =>
  new Date(String(item['created_at'])).toLocaleDateString('sv', { timeZone: zone });

const lists: ListCase[] = [
  {
    name: 'organizations',
    url: () => '/api/v1/organizations',
    sorts: { created_at: field('created_at'), name: lower('name') },
  },
  {
    name: 'workspaces',
    url: () => `/api/v1/organizations/${context.organization.id}/workspaces`,
    sorts: { created_at: field('created_at'), name: lower('name') },
    filters: { 'include_archived=false': (item) => item['name'] !== 'Gamma' },
  },
  {
    name: 'deployments',
    url: () => `${base()}/deployments`,
    sorts: { created_at: field('created_at'), version: field('version') },
    filters: { 'version=3': (item) => item['version'] === 3 },
  },
  {
    name: 'configurations',
    url: () => `${base()}/configurations`,
    sorts: { created_at: field('created_at'), version: field('version') },
    filters: { 'version=3': (item) => item['version'] === 3 },
  },
  {
    name: 'versions of a job',
    url: () => versionsUrl,
    sorts: { created_at: field('created_at'), version: field('version') },
  },
  {
    name: 'jobs',
    url: () => `${base()}/jobs`,
    sorts: {
      created_at: field('created_at'),
      last_run_at: latestRun('created_at'),
      last_run_ended_at: latestRun('finished_at'),
      name: (item) => String(item['name'] ?? item['job_ref']).toLowerCase(),
      next_scheduled_run_at: field('next_scheduled_run_at'),
    },
    filters: {
      'q=LOAD_1': (item) => String(item['job_ref']).includes('load_1'),
      'ref=jobs.shop.load_3': (item) => item['job_ref'] === 'jobs.shop.load_3',
      'job_type=batch': (item) => item['job_type'] === 'batch',
      'is_archived=true': (item) => item['is_archived'] === true,
      'is_paused=false': (item) => item['is_paused'] === false,
      'profile=prod&profile=dev': (item) => item['profile'] !== 'access',
      'pipeline_name=stock': (item) => (item['triggers'] as string[]).includes('pipeline_name:stock'),
      'status=failed&status=completed': (item) =>
        ['failed', 'completed'].some((status) => latestRun('status')(item) === status),
      'trigger_kind=schedule': (item) =>
        (item['triggers'] as string[]).some((one) => one.startsWith('schedule:')),
      'is_self_firing=false': (item) =>
        !(item['triggers'] as string[]).some((one) => one.startsWith('schedule:')),
      'category=pipeline': (item) => categoryOf(item) === 'pipeline',
      'exclude_category=pipeline': (item) => categoryOf(item) !== 'pipeline',
      'tags=nightly': (item) => (item['triggers'] as string[]).includes('tag:nightly'),
      'start=2026-03-09T00:00:00&timezone=Europe/Berlin': (item) =>
        ranWithin(item, '2026-03-08T23:00:00Z', '2100-01-01T00:00:00Z'),
      'end=2026-03-02T00:00:00&timezone=Europe/Berlin': (item) =>
        ranWithin(item, '2000-01-01T00:00:00Z', '2026-03-01T23:00:00Z'),
      'start=2026-03-04T00:00:00Z&end=2026-03-05T00:00:00Z': (item) =>
        ranWithin(item, '2026-03-04T00:00:00Z', '2026-03-05T00:00:00Z'),
    },
  },
  {
    name: 'job runs',
    url: () => `${base()}/job-runs`,
    sorts: {
      created_at: field('created_at'),
      duration_seconds: field('duration_seconds'),
      finished_at: field('finished_at'),
      number: field('number'),
      started_at: field('started_at'),
    },
    filters: {
      'q=load_1': (item) => String(jobOf(item)['job_ref']).includes('load_1'),
      'status=failed&status=pending': (item) => ['failed', 'pending'].includes(String(item['status'])),
      'number=2': (item) => item['number'] === 2,
      'job_type=interactive': (item) => jobOf(item)['job_type'] === 'interactive',
      'trigger=manual:&trigger=every:5m': (item) => ['manual:', 'every:5m'].includes(String(item['trigger'])),
      'trigger_kind=schedule': (item) => String(item['trigger']).startsWith('schedule:'),
      [`triggered_by=${people[0]}`]: (item) => item['triggered_by'] === people[0],
      'profile=access': (item) => item['profile'] === 'access',
      'min_duration_seconds=2.5': (item) => Number(item['duration_seconds'] ?? 0) > 2.5,
      'max_duration_seconds=2.5': (item) => Number(item['duration_seconds'] ?? 9) < 2.5,
      // 23:00 UTC is already the next day in Berlin.
      'start=2026-03-03T00:00:00&end=2026-03-04T00:00:00&timezone=Europe/Berlin': (item) =>
        dayOf(item, 'Europe/Berlin') === '2026-03-03',
      'include_system_job_runs=false': (item) => jobOf(item)['job_ref'] !== 'jobs.workspace.dashboard',
    },
  },
  {
    name: 'pipeline runs',
    url: () => `/telemetry/v1/workspaces/${context.workspace.id}/pipeline-runs`,
    sorts: {
      duration_ms: field('duration_ms'),
      finished_at: field('finished_at'),
      started_at: field('started_at'),
      total_bytes_loaded: field('total_bytes_loaded'),
      total_rows_loaded: field('total_rows_loaded'),
    },
    filters: {
      'q=ORDERS': (item) =>
        [item['pipeline_name'], item['dataset_name']].some((name) => String(name).includes('orders')),
      'status=failed': (item) => item['status'] === 'failed',
      'pipeline_name=orders&pipeline_name=stock': (item) => item['pipeline_name'] !== 'order_items',
      'dataset_name=shop': (item) => item['dataset_name'] === 'shop',
      'destination_name=duckdb': (item) => item['destination_name'] === 'duckdb',
      'is_empty_run=true': (item) => emptyRunIds().has(String(item['id'])),
      'start=2026-03-03T00:00:00&end=2026-03-04T00:00:00&timezone=Europe/Berlin': (item) =>
        dayOf(item, 'Europe/Berlin') === '2026-03-03',
    },
  },
];

function categoryOf(item: Item): unknown {
  return ((item['job_definition'] as Item)['expose'] as Item | undefined)?.['category'];
}

function emptyRunIds(): Set<string> {
  return new Set(history.pipelineRuns.filter((run) => run.isEmptyRun).map((run) => run.id));
}

function ranWithin(item: Item, start: string, end: string): boolean {
  return history.runs.some(
    (run) => run.jobId === item['id'] && run.createdAt >= new Date(start) && run.createdAt < new Date(end),
  );
}

async function call(url: string) {
  const token = url.startsWith('/telemetry/') ? telemetryToken : context.owner.key;
  return api.app.inject({ url, headers: { authorization: `Bearer ${token}` } });
}

async function read(url: string): Promise<Answer> {
  const response = await call(url);
  expect(response.statusCode, response.body).toBe(200);
  expect(response.headers['content-type']).toBe('application/json; charset=utf-8');
  return response.json<Answer>();
}

/** Parameters that turn off the default filters of a list. */
const everything: Record<string, string> = {
  workspaces: 'include_archived=true',
  'job runs': 'include_system_job_runs=true',
};

async function walk(url: string, query: string): Promise<{ ids: unknown[]; totals: Set<number> }> {
  const ids: unknown[] = [];
  const totals = new Set<number>();
  let cursor = '';
  for (let pages = 0; pages < 100; pages += 1) {
    const page = await read(`${url}?limit=4&${query}${cursor}`);
    ids.push(...page.items.map((item) => item['id']));
    totals.add(page.total);
    if (page.next_cursor === null) break;
    cursor = `&cursor=${page.next_cursor}`;
  }
  return { ids, totals };
}

async function refusal(url: string) {
  const response = await call(url);
  const { code, extra } = response.json<{ code: string; extra: { key: string }[] }>();
  return { status: response.statusCode, code, keys: extra.map(({ key }) => key) };
}

const refused = (key: string) => ({ status: 400, code: 'invalid_request', keys: [key] });

describe.each(lists)('the list of $name', ({ name, url, sorts, filters = {} }) => {
  const shown = everything[name] ?? '';
  const sortings = Object.entries(sorts).flatMap(([key, valueOf]) =>
    (['asc', 'desc'] as const).map((order) => ({ key, order, valueOf })),
  );

  it('returns the same items by cursor, by offset and in one page', async () => {
    const whole = await read(`${url()}?limit=1000&${shown}`);
    const ids = whole.items.map((item) => item['id']);
    expect(whole).toMatchObject({ total: ids.length, limit: 1000, offset: 0, next_cursor: null });
    expect(ids.length).toBeGreaterThan(4);
    expect(await walk(url(), shown)).toEqual({ ids, totals: new Set([ids.length]) });
    const page = await read(`${url()}?limit=2&offset=3&${shown}`);
    expect(page).toMatchObject({ total: ids.length, limit: 2, offset: 3 });
    expect(page.items.map((item) => item['id'])).toEqual(ids.slice(3, 5));
    expect(await read(`${url()}?offset=5000&${shown}`)).toMatchObject({
      items: [],
      total: ids.length,
      next_cursor: null,
    });
  });

  it.each(sortings)('is sorted by $key $order', async ({ key, order, valueOf }) => {
    const query = `sort=${key}&order=${order}&${shown}`;
    const { items } = await read(`${url()}?limit=1000&${query}`);
    const values = items.map(valueOf);
    const given = values.filter((value) => value !== null) as (string | number)[];
    expect(values.slice(0, given.length)).toEqual(given);
    for (const [index, value] of given.slice(1).entries()) {
      const before = given[index] ?? value;
      expect(order === 'asc' ? before <= value : before >= value, `${before} before ${value}`).toBe(true);
    }
    expect((await walk(url(), query)).ids).toEqual(items.map((item) => item['id']));
  });

  it.each(Object.entries(filters))('is filtered by %s', async (query, passes) => {
    const all = (await read(`${url()}?limit=1000&${shown}`)).items;
    const showing = query.startsWith('include_') ? '' : shown;
    const { items, total } = await read(`${url()}?limit=1000&${query}&${showing}`);
    const expected = all.filter(passes).map((item) => item['id']);
    expect(expected.length).toBeGreaterThan(0);
    expect(expected.length).toBeLessThan(all.length);
    expect(items.map((item) => item['id'])).toEqual(expected);
    expect(total).toBe(expected.length);
    const walked = await walk(url(), `${query}&${showing}`);
    expect(walked.ids).toEqual(expected);
  });

  it('rejects a cursor of another list', async () => {
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const { next_cursor: own } = await read(`${url()}?limit=1`);
    const [digest] = JSON.parse(Buffer.from(own ?? '', 'base64url').toString()) as [string];
    const [key] = Object.keys(sorts);
    const foreignList = lists.find((list) => list.name !== name && list.name !== 'pipeline runs') as ListCase;
    const { next_cursor: foreign } = await read(`${foreignList.url()}?limit=1`);
    for (const cursor of [
      'nonsense',
      '%00',
      encode('text'),
      encode({}),
      encode([]),
      encode([digest]),
      encode([digest, 1]),
      encode([digest, 'soon', 'first']),
      encode([digest, null, null, null]),
      encode([
        'another',
        ...(JSON.parse(Buffer.from(own ?? '', 'base64url').toString()) as string[]).slice(1),
      ]),
      own?.slice(0, -3),
      foreign,
    ]) {
      expect(await refusal(`${url()}?limit=1&cursor=${cursor}`), String(cursor)).toEqual(refused('cursor'));
    }
    expect(await refusal(`${url()}?limit=1&sort=${key}&order=desc&cursor=${own}`)).toEqual(refused('cursor'));
    expect(await refusal(`${url()}?limit=1&offset=1&cursor=${own}`)).toEqual(refused('cursor'));
    // A cursor is also valid with another page size.
    expect((await read(`${url()}?limit=3&cursor=${own}`)).items.length).toBeGreaterThan(1);
  });

  it('enforces its limits', async () => {
    for (const [query, key] of [
      ['limit=0', 'limit'],
      ['limit=1001', 'limit'],
      ['limit=ten', 'limit'],
      ['offset=-1', 'offset'],
      ['offset=10001', 'offset'],
      ['sort=nothing&order=asc', 'sort.0'],
      ['order=asc', 'order'],
    ] as const) {
      expect(await refusal(`${url()}?${query}`), query).toMatchObject({
        status: 400,
        code: 'invalid_request',
      });
      expect((await refusal(`${url()}?${query}`)).keys[0]?.split('.')[0], query).toBe(key.split('.')[0]);
    }
  });
});

it('the versions of a job are newest first, and 404 for a job that does not exist', async () => {
  const { items } = await read(versionsUrl);
  expect(items.map((item) => [item['version'], item['description']])).toEqual(
    [7, 6, 5, 4, 3, 2, 1].map((version) => [version, `Version ${version}`]),
  );
  const elsewhere = versionsUrl.replace(/workspaces\/[^/]+/, `workspaces/${context.workspace.id}`);
  expect((await call(elsewhere)).statusCode).toBe(404);
  expect(items[0]?.['job_id']).toBe(versionedJobId);
});

it('a list of short-lived items continues after a deleted item', async () => {
  const { store } = api.persistence;
  const organization = await api.createOrganization('Own');
  const caller = await api.createCaller({ id: organization.id, role: 'owner' });
  const names = ['a', 'b', 'c', 'd'];
  const created: string[] = [];
  for (const name of names) {
    created.push(
      (await store.workspaces.create({ organizationId: organization.id, name, description: null })).id,
    );
  }
  const list = async (query: string) => {
    const response = await api.app.inject({
      url: `/api/v1/organizations/${organization.id}/workspaces?limit=2&${query}`,
      headers: { authorization: `Bearer ${caller.key}` },
    });
    return response.json<Answer>();
  };
  const { next_cursor: cursor } = await list('sort=name&order=asc');
  for (const gone of created.slice(0, 2)) {
    await api.services.workspaces.archive(gone);
    expect((await list(`sort=name&order=asc&cursor=${cursor}`)).items.map((item) => item['name'])).toEqual([
      'c',
      'd',
    ]);
    await api.services.workspaces.unarchive(gone);
  }
});

describe("a number above the database's range", () => {
  it.each(['deployments?version', 'configurations?version', 'job-runs?number'])(
    'finds nothing in %s',
    async (list) => {
      const context = await api.createWorkspaceFixture();
      for (const number of [2_147_483_647, 2_147_483_648, Number.MAX_SAFE_INTEGER]) {
        const response = await api.app.inject({
          url: `/api/v1/workspaces/${context.workspace.id}/${list}=${number}`,
          headers: { authorization: `Bearer ${context.owner.key}` },
        });
        expect([number, response.statusCode, response.json<{ items: unknown[] }>().items]).toEqual([
          number,
          200,
          [],
        ]);
      }
    },
  );
});
