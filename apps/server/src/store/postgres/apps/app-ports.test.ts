import type { Persistence } from '../../store.ts';
import type { TestDatabase } from '@pumphouse/testing/fixtures/postgres.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildDefinition } from '../../../domain/jobs/test-definition.ts';
import { createDatabase } from '../pool.ts';
import { createPersistence } from '../../store.ts';
import { createTestDatabase } from '@pumphouse/testing/fixtures/postgres.ts';

const ports = { first: 9100, last: 9102 };

let own: TestDatabase;
let persistence: Persistence;
let workspaceId: string;
let createdBy: string;
beforeEach(async () => {
  own = await createTestDatabase();
  persistence = createPersistence(own.database);
  const { store } = persistence;
  const { id: organizationId } = await store.people.createOrganization({
    name: 'Acme',
    dataplaneId: 'local',
  });
  const user = await store.people.createUser({ email: 'a@example.com', kind: 'human', passwordHash: null });
  createdBy = (await store.people.addMember(organizationId, user.id, 'owner')).id;
  workspaceId = (await store.workspaces.create({ organizationId, name: 'W', description: null })).id;
});
afterEach(() => own.drop());

async function createApp(name: string): Promise<string> {
  const content = {
    definition: { ...buildDefinition({ job_ref: `jobs.${name}` }) },
    definitionHash: name,
    engineVersion: 2,
    description: null,
    profile: 'access',
    maxRunTimeSeconds: null,
    jobType: 'interactive',
    triggers: ['http:'],
    defaultTrigger: null,
    upstreamRefs: [],
    deploymentModule: null,
  };
  const create = () =>
    persistence.transaction((store) => store.jobs.create(workspaceId, `jobs.${name}`, content, createdBy));
  return (await create()).id;
}

function give(jobId: string, { range = ports, by = persistence } = {}): Promise<number | null> {
  return by.transaction(async (store) => {
    await store.jobs.lock([jobId]);
    return store.appPorts.give(jobId, range);
  });
}

const run = (sql: string, params: unknown[]) => own.database.execute(sql, params);
const archive = (jobId: string, daysAgo: number) =>
  run('update jobs set is_archived = true, updated_at = now() - make_interval(days => $2) where id = $1', [
    jobId,
    daysAgo,
  ]);
const portOf = async (jobId: string) => (await persistence.store.jobs.find(jobId))?.appPort;

describe('assigning ports', () => {
  it('assigns each job one port, and always the same one', async () => {
    const [one, two] = [await createApp('one'), await createApp('two')];
    expect(await portOf(one)).toBeNull();
    expect([await give(one), await give(two), await give(one)]).toEqual([9100, 9101, 9100]);
    expect([await portOf(one), await portOf(two)]).toEqual([9100, 9101]);
    expect(await persistence.store.appPorts.findJobId(9101)).toBe(two);
    expect(await persistence.store.appPorts.findJobId(9102)).toBeNull();
  });

  it('assigns no port twice to concurrent servers, and none if none is left', async () => {
    const other = createDatabase(own.url);
    const servers = [persistence, createPersistence(other)] as const;
    const range = { first: 9100, last: 9119 };
    const jobs = await Promise.all(Array.from({ length: 25 }, (_, n) => createApp(`app${n}`)));
    // Both servers assign a port to each job.
    const given = await Promise.all(
      jobs.flatMap((job) => servers.map((by) => give(job, { range, by }).then((port) => ({ job, port })))),
    );
    await other.close();
    const byJob = new Map<string, Set<number | null>>();
    for (const { job, port } of given) byJob.set(job, (byJob.get(job) ?? new Set()).add(port));
    expect([...byJob.values()].map((seen) => seen.size)).toEqual(jobs.map(() => 1));
    const all = [...byJob.values()].flatMap((seen) => [...seen]);
    const taken = all.filter((port) => port !== null).toSorted((left, right) => left - right);
    expect(taken).toEqual(Array.from({ length: 20 }, (_, n) => 9100 + n));
    expect(all.filter((port) => port === null)).toHaveLength(5);
  });
});

describe('a port whose app is archived', () => {
  it('is reassigned only after a rest period, if no unused port is left', async () => {
    const [one, two, three, four] = await Promise.all(['one', 'two', 'three', 'four'].map(createApp));
    await give(one ?? '');
    await archive(one ?? '', 400);
    expect(await give(two ?? '')).toBe(9101);
    expect(await give(three ?? '')).toBe(9102);
    await archive(three ?? '', 29);
    expect(await give(four ?? '')).toBe(9100);
    expect(await give(await createApp('five'))).toBeNull();
    await archive(three ?? '', 31);
    expect(await give(await createApp('six'))).toBe(9102);
    expect([await portOf(one ?? ''), await portOf(three ?? '')]).toEqual([null, null]);
  });

  it('is reassigned after those that have been inactive for longer', async () => {
    const jobs = await Promise.all(['one', 'two', 'three'].map(createApp));
    for (const [at, days] of [40, 90, 60].entries()) {
      await give(jobs[at] ?? '');
      await archive(jobs[at] ?? '', days);
    }
    const given = [];
    for (const name of ['four', 'five', 'six']) given.push(await give(await createApp(name)));
    expect(given).toEqual([9101, 9102, 9100]);
  });

  it('is kept if its app is restored in time', async () => {
    const one = await createApp('one');
    await give(one);
    await archive(one, 400);
    await run('update jobs set is_archived = false where id = $1', [one]);
    expect(await give(one)).toBe(9100);
  });

  it('counts as inactive if its workspace is archived', async () => {
    const jobs = await Promise.all(['one', 'two', 'three', 'four'].map(createApp));
    for (const job of jobs.slice(0, 3)) await give(job);
    const [last = ''] = jobs.slice(3);
    expect(await give(last)).toBeNull();
    await run(`update workspaces set archived_at = now() - interval '31 days' where id = $1`, [workspaceId]);
    expect(await give(last)).toBe(9100);
  });
});

it('outside of the range is replaced by another, and also rests', async () => {
  const [one, two] = [await createApp('one'), await createApp('two')];
  await give(one);
  expect(await give(one, { range: { first: 9300, last: 9300 } })).toBe(9300);
  expect(await portOf(one)).toBe(9300);
  expect(await persistence.store.appPorts.findJobId(9100)).toBeNull();
  expect(await give(two, { range: { first: 9100, last: 9100 } })).toBeNull();
  await run(`update app_ports set left_at = now() - interval '31 days' where port = 9100`, []);
  expect(await give(two, { range: { first: 9100, last: 9100 } })).toBe(9100);
});
