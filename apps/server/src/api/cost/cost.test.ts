import type { ApiFixture } from '../testing/api-fixture.ts';
import type { SeededRun } from '../testing/seed-run.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiFixture, defineJob } from '../testing/api-fixture.ts';
import { readAnswer } from '../testing/check-answer.ts';
import { seedRun } from '../testing/seed-run.ts';

let api: ApiFixture;
let seeded: SeededRun;
let organizationId: string;

beforeAll(async () => {
  api = await createApiFixture();
  seeded = await seedRun(api);
  const workspace = await api.persistence.store.workspaces.get(seeded.workspaceId);
  organizationId = workspace?.organizationId ?? '';
});
afterAll(() => api.close());

type Method = 'GET' | 'PUT' | 'DELETE';

function call(path: string, { method = 'GET', body, key = seeded.owner.key }: CallOptions = {}) {
  return api.app.inject({
    method,
    url: `/pumphouse/v1/${path}`,
    headers: { authorization: `Bearer ${key}` },
    ...(body && { payload: body }),
  });
}

interface CallOptions {
  method?: Method;
  body?: object;
  key?: string;
}

const prices = { small: 0.5, medium: null, large: 2, xlarge: null };

describe('rates', () => {
  const path = () => `organizations/${organizationId}/cost-rates`;
  const set = (body: object) => call(path(), { method: 'PUT', body });

  it('are kept with the day from which they count', async () => {
    expect(readAnswer('get_cost_rates', await call(path()))).toEqual({
      organization_id: organizationId,
      rates: [],
    });
    const later = { starts_on: '2026-03-01', currency: 'EUR', hourly_prices: prices };
    const first = { ...later, starts_on: '2026-01-01', hourly_prices: { ...prices, small: 0.25 } };
    await set(later);
    expect(readAnswer('set_cost_rates', await set(first)).rates).toEqual([first, later]);
    const changed = { ...first, hourly_prices: { ...prices, small: 0.3 } };
    expect(readAnswer('set_cost_rates', await set(changed)).rates).toEqual([changed, later]);
    const removed = await call(`${path()}/2026-01-01`, { method: 'DELETE' });
    expect(removed.statusCode).toBe(204);
    expect((await call(`${path()}/2026-01-01`, { method: 'DELETE' })).statusCode).toBe(404);
    expect(readAnswer('get_cost_rates', await call(path())).rates).toEqual([later]);
  });

  it('count from the current day if none is given', async () => {
    const { rates } = readAnswer('set_cost_rates', await set({ currency: 'EUR', hourly_prices: prices }));
    const { from, to } = readAnswer(
      'get_organization_cost',
      await call(`organizations/${organizationId}/cost`),
    );
    expect(rates.at(-1)).toEqual({ starts_on: to, currency: 'EUR', hourly_prices: prices });
    expect(from).toBe(`${to.slice(0, 7)}-01`);
  });

  it.each([
    [{ currency: 'USD', hourly_prices: prices }, 'currency'],
    [{ currency: 'euro', hourly_prices: prices }, 'currency'],
    [{ currency: 'EUR', hourly_prices: { ...prices, small: -1 } }, 'hourly_prices'],
    [{ currency: 'EUR', hourly_prices: { small: 1 } }, 'hourly_prices'],
    [{ currency: 'EUR', hourly_prices: prices, starts_on: 'today' }, 'starts_on'],
    [{ currency: 'EUR', hourly_prices: prices, starts_on: '0000-01-01' }, 'starts_on'],
  ])('are not %j', async (body, field) => {
    const response = await set(body);
    expect(response.statusCode).toBe(400);
    expect(response.json()).toMatchObject({ code: 'invalid_request' });
    expect(response.body).toContain(field);
  });

  it('are read by members and set by owners only', async () => {
    const member = await api.createCaller({ id: organizationId, role: 'member' });
    const collaborator = await api.createCaller({ id: organizationId, role: 'collaborator' });
    const body = { currency: 'EUR', hourly_prices: prices };
    expect((await call(path(), { key: member.key })).statusCode).toBe(200);
    expect((await call(path(), { key: member.key, method: 'PUT', body })).statusCode).toBe(403);
    expect((await call(`${path()}/2026-03-01`, { key: member.key, method: 'DELETE' })).statusCode).toBe(403);
    expect((await call(path(), { key: collaborator.key })).statusCode).toBe(403);
  });
});

describe('costs', () => {
  /** Two workspaces with jobs of two sizes, two users, tags, and days on both sides of a change of rates. */
  async function seedCosts() {
    const { store } = api.persistence;
    const context = await api.createWorkspaceFixture();
    const other = await store.workspaces.create({
      organizationId: context.organization.id,
      name: 'Other',
      description: null,
    });
    const ids: string[] = [];
    for (const [workspaceId, jobs] of [
      [
        context.workspace.id,
        [
          defineJob('jobs.a', { expose: { tags: ['team'] } }),
          defineJob('jobs.b', { expose: { tags: 'team' }, require: { instance: { size: 'large' } } }),
        ],
      ],
      [other.id, [defineJob('jobs.c')]],
    ] as const) {
      const at = { workspaceId, membershipId: context.owner.membershipId };
      await api.createPackages(at.workspaceId, at.membershipId);
      const deployed = await api.services.deploy({ ...at, jobs, deploymentModule: null, dryRun: false });
      ids.push(...deployed.jobs.map(({ job }) => job.id));
    }
    const [a = '', b = '', c = ''] = ids;
    const membership = await api.testDatabase.database.one<{ userId: string; email: string }>(
      'select user_id as "userId", email from organization_memberships join users on users.id = user_id where organization_memberships.id = $1',
      [context.owner.membershipId],
    );
    await api.testDatabase.database.execute(
      `insert into cost_days (workspace_id, job_id, job_version_id, size, day, trigger_kind, started_by, attempt_count, unlimited_count,
              measured_count, held_ms, held_core_ms, held_memory_byte_ms, measured_core_ms, measured_memory_byte_ms, used_core_ms,
              used_memory_byte_ms, peak_memory_bytes, peak_cores)
       select jobs.workspace_id, jobs.id, current_version_id, size, day::date, case when by is null then 'schedule' else 'manual' end, by,
              count, 0, count, hours * 3600000, hours * 3600000 * cores, hours * 3600000 * cores * 2 * 1073741824::numeric,
              hours * 3600000 * cores, hours * 3600000 * cores * 2 * 1073741824::numeric, hours * 3600000,
              hours * 3600000 * 536870912::numeric, 536870912, 1
         from (values ($1::uuid, 'small', '2026-03-02', null::uuid, 2, 4, 2), ($1, 'small', '2026-03-20', $4, 1, 1, 2),
                      ($2, 'large', '2026-03-20', $4, 3, 10, 8), ($3, 'small', '2026-03-31', null, 1, 2, 2),
                      ($3, 'small', '2026-04-01', null, 9, 99, 2), ($1, 'small', '2026-02-20', null, 1, 1, 2))
              as costs (job_id, size, day, by, count, hours, cores)
         join jobs on jobs.id = costs.job_id`,
      [a, b, c, membership.userId],
    );
    await api.testDatabase.database.execute(
      `insert into load_days select workspace_id, id, current_version_id, 'small', '2026-03-02', 'schedule', null, 1000, 64000 from jobs where id = $1`,
      [a],
    );
    const rates = (day: string, small: number) =>
      api.services.costRates.set(context.organization.id, {
        startsOn: day,
        currency: 'EUR',
        hourlyPrices: { small, large: 2 },
      });
    await rates('2026-01-01', 0.5);
    await rates('2026-03-10', 1);
    return { ...context, other, email: membership.email, a, b, c };
  }

  const days = 'from=2026-03-01&to=2026-03-31';

  it('are the hours of each day at the rates of that day, by job, tag, person and size', async () => {
    const { workspace, owner, email, a, b } = await seedCosts();
    const read = async (by: string) =>
      readAnswer(
        'get_workspace_cost',
        await call(`workspaces/${workspace.id}/cost?${days}&by=${by}`, { key: owner.key }),
      );
    const byJob = await read('job');
    expect(byJob).toMatchObject({ currency: 'EUR', row_count: 2, before: null });
    expect(byJob.total).toMatchObject({
      amount: 23,
      unpriced_hours: 0,
      attempt_count: 6,
      held_hours: 15,
      core_hours_held: 90,
      core_hours_used: 15,
      gib_hours_held: 180,
      gib_hours_used: 7.5,
      unmeasured_count: 0,
      rows_loaded: 1000,
      bytes_loaded: 64_000,
    });
    expect(byJob.total.core_share).toBeCloseTo(1 / 6);
    expect(byJob.days).toHaveLength(31);
    expect(
      byJob.days.map(({ date, amount }) => [date, amount]).filter(([, amount]) => amount !== null),
    ).toEqual([
      ['2026-03-02', 2],
      ['2026-03-20', 21],
    ]);
    expect(byJob.rows.map(({ key, name, total }) => [key, name, total.amount])).toEqual([
      [b, 'jobs.b', 20],
      [a, 'jobs.a', 3],
    ]);
    expect(byJob.rows[0]?.use).toEqual({
      size: 'large',
      peak_memory_bytes: 536_870_912,
      peak_cores: 1,
      memory_limit_bytes: 16 * 1024 ** 3,
      suggested_size: 'small',
    });
    expect(byJob.rows[1]?.use).toMatchObject({ size: 'small', suggested_size: null });
    const amountsOf = ({ rows }: typeof byJob) =>
      rows.map(({ name, trigger_kind: kind, total }) => [name ?? kind, total.amount]);
    expect(amountsOf(await read('tag'))).toEqual([['team', 23]]);
    expect(amountsOf(await read('person'))).toEqual([
      [email, 21],
      ['schedule', 2],
    ]);
    expect(amountsOf(await read('size'))).toEqual([
      ['large', 20],
      ['small', 3],
    ]);
  });

  it('are compared with as many days before, once those are counted', async () => {
    const { workspace, owner } = await seedCosts();
    const path = `workspaces/${workspace.id}/cost?${days}`;
    await api.testDatabase.database.execute(
      "update installation set cost_counted_since = '2026-01-01T12:00:00Z'",
    );
    const counted = readAnswer('get_workspace_cost', await call(path, { key: owner.key }));
    expect(counted).toMatchObject({ counted_since: '2026-01-01', before: { amount: 0.5, held_hours: 1 } });
    expect(counted.rows.map(({ before }) => before?.amount)).toEqual([null, 0.5]);
    await api.testDatabase.database.execute(
      "update installation set cost_counted_since = '2026-02-01T12:00:00Z'",
    );
    expect(readAnswer('get_workspace_cost', await call(path, { key: owner.key })).before).toBeNull();
  });

  it('of an organization add up its workspaces, for its owners only', async () => {
    const { organization, workspace, other, owner } = await seedCosts();
    const path = `organizations/${organization.id}/cost?${days}`;
    const read = readAnswer('get_organization_cost', await call(path, { key: owner.key }));
    expect(read.rows.map(({ name, workspace_id: id, total }) => [name, id, total.amount])).toEqual([
      ['W', workspace.id, 23],
      ['Other', other.id, 2],
    ]);
    expect(read.total.amount).toBe(25);
    const limited = readAnswer(
      'get_organization_cost',
      await call(`${path}&by=job&limit=1`, { key: owner.key }),
    );
    expect(limited).toMatchObject({ row_count: 3, rows: [{ name: 'jobs.b', workspace_name: 'W' }] });
    const member = await api.createCaller(
      { id: organization.id, role: 'member' },
      { id: workspace.id, role: 'viewer' },
    );
    const statusOf = async (at: string) => (await call(at, { key: member.key })).statusCode;
    expect(await statusOf(path)).toBe(403);
    expect(await statusOf(`workspaces/${workspace.id}/cost`)).toBe(200);
    expect(await statusOf(`workspaces/${other.id}/cost`)).toBe(404);
  });

  it.each([
    'from=2026-03-02&to=2026-03-01',
    'from=2020-01-01&to=2026-01-01',
    'by=mood',
    'from=0000-01-01&to=0000-01-02',
  ])('are not read for %s', async (query) => {
    expect((await call(`workspaces/${seeded.workspaceId}/cost?${query}`)).statusCode).toBe(400);
  });
});
