import type { ApiFixture, TestAttempt } from '../testing/api-fixture.ts';
import type { ArchiveUpload } from '../../executors/contract/environment-builder.ts';
import type { EnvironmentArchive } from '../../domain/environments/environment-archive.ts';
import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { callAsAttempt } from '../testing/attempt-calls.ts';
import { createApiFixture } from '../testing/api-fixture.ts';
import { archivePartBytes, listArchiveKeys } from '../../domain/environments/environment-archive.ts';
import { readTable } from '../../store/postgres/testing/tables.ts';
import { seedRun } from '../testing/seed-run.ts';
import { setAttempt } from '../../store/postgres/testing/attempts.ts';

let api: ApiFixture;
let attempt: TestAttempt;
let organizationId: string;
let key: string;

beforeAll(async () => {
  api = await createApiFixture();
});
afterAll(() => api.close());
beforeEach(async () => {
  const seeded = await seedRun(api);
  organizationId = seeded.organizationId;
  attempt = await api.createAttempt(seeded.run);
  key = randomUUID();
  await takeBuild();
});

const environments = () => api.persistence.store.environments;
const takeBuild = (replaceReady = false) =>
  environments().takeBuild({ key, organizationId, pythonVersion: '3.13', requirements: [] }, 'builder', 60, {
    replaceReady,
  });
const plan = (url = 'http://server') => api.services.environmentArchives.planUpload(key, url);

function send(upload: ArchiveUpload, number: number | string, payload: string | Buffer) {
  const route = `-part?number=${number}&ticket=${upload.ticket}`;
  return callAsAttempt(api.app, upload, { method: 'POST', route, payload, routes: 'environment-archives' });
}

const fetchPart = (part: number | string) =>
  callAsAttempt(api.app, attempt, { method: 'GET', route: `environment?part=${part}` });

function describeArchive({ id }: ArchiveUpload, parts: number): EnvironmentArchive {
  return { id, parts, sizeBytes: 1, unpackedBytes: 1, sha256: '0'.repeat(64) };
}

async function finish(upload: ArchiveUpload, parts: number) {
  const location = { executor: 'kubernetes', path: upload.id, archive: describeArchive(upload, parts) };
  expect(await environments().finishBuild(key, 'builder', { location })).toBe(true);
  expect(await environments().noteUse(attempt.id, location.path)).toBe(true);
  return location;
}

const listRemovals = async () =>
  (await readTable(api.testDatabase.database, 'storage_removals')).filter((row) =>
    row.includes('environments/'),
  );

describe('the archive of an environment', () => {
  it('is stored in parts, of which the server keeps the last, and fetched by its attempts', async () => {
    const upload = plan();
    const whole = randomBytes(600_000);
    expect(await send(upload, 0, 'cut off')).toMatchObject({ statusCode: 200, isProved: true });
    expect(await send(upload, 0, whole)).toMatchObject({ statusCode: 200 });
    expect(await send(upload, 1, 'the rest')).toMatchObject({ statusCode: 200 });
    expect((await fetchPart(0)).statusCode).toBe(404);
    await finish(upload, 2);
    const first = await fetchPart(0);
    expect([first.isProved, first.body.equals(whole)]).toEqual([true, true]);
    expect((await fetchPart(1)).body.toString()).toBe('the rest');
    expect((await fetchPart(2)).json()).toMatchObject({ code: 'not_found' });
    expect((await fetchPart('x')).json()).toMatchObject({ code: 'invalid_request' });
    expect(await listRemovals()).toEqual([]);
  });

  it('is taken from its own build only', async () => {
    const [own, other] = [plan(), plan()];
    for (const forged of [
      { ...own, secret: other.secret },
      { ...own, ticket: other.ticket },
      { ...own, ticket: `${own.ticket.slice(0, -2)}xx` },
      { ...own, id: randomUUID() },
      { ...own, id: 'no-id' },
      { ...own, id: attempt.id, secret: attempt.secret },
    ])
      expect(await send(forged, 0, 'x')).toMatchObject({ statusCode: 401, isProved: false });
    expect(await send(own, -1, 'x')).toMatchObject({ statusCode: 401 });
    expect(await listRemovals()).toEqual([]);
  });

  it('has a largest size, of each part and in all', async () => {
    const upload = plan();
    expect((await send(upload, 1024, 'x')).json()).toMatchObject({ code: 'invalid_request' });
    expect((await send(upload, 0, Buffer.alloc(archivePartBytes + 1))).statusCode).toBe(413);
    expect(await listRemovals()).toEqual([]);
  });

  it('is closed when the build has ended, for each server', async () => {
    const upload = plan();
    await send(upload, 0, 'x');
    await finish(upload, 1);
    expect(await send(upload, 0, 'y')).toMatchObject({ statusCode: 409, isProved: true });
    expect((await fetchPart(0)).body.toString()).toBe('x');
  });

  it('is removed a day after its build was given up', async () => {
    const upload = plan();
    await send(upload, 0, 'x');
    await environments().giveUpBuild(key, 'builder');
    expect(await listRemovals()).toEqual([
      expect.stringContaining(listArchiveKeys(describeArchive(upload, 1))[0] ?? ''),
    ]);
    const due = await api.persistence.store.storage.listRemovals(null, 0, 100);
    expect(due.filter(({ kind }) => kind === 'blob')).toEqual([]);
  });

  it('is missing clearly, and removed when the environment is built again', async () => {
    const upload = plan();
    await send(upload, 0, 'x');
    const location = await finish(upload, 1);
    for (const blob of listArchiveKeys(location.archive)) await api.blobs.delete(blob);
    expect((await fetchPart(0)).json()).toMatchObject({
      code: 'not_found',
      detail: expect.stringContaining('blob'),
    });
    expect(await takeBuild(true)).toBe(true);
    const rows = await readTable(api.testDatabase.database, 'storage_removals');
    expect(rows).toContainEqual(expect.stringMatching(new RegExp(`"kind":"environment".*${upload.id}`)));
    expect((await fetchPart(0)).statusCode).toBe(404);
  });

  it('is not handed out after the end of the attempt', async () => {
    const upload = plan();
    await send(upload, 0, 'x');
    await finish(upload, 1);
    await setAttempt(api.testDatabase.database, attempt.id, { closedAt: new Date() });
    expect((await fetchPart(0)).json()).toMatchObject({ code: 'attempt_closed' });
  });
});
