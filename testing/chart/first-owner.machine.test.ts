import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createPersistence } from '@pumphouse/server/store/store.ts';
import { createEmptyTestDatabase, type TestDatabase } from '../fixtures/postgres.ts';
import { prepareHelm } from '../fixtures/helm.ts';
import { repositoryFolder } from '../fixtures/server.ts';
import { listPods, parseObjects } from './objects.ts';
import { requiredValues } from './value-sets.ts';

let folder: string;
let test: TestDatabase;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pumphouse-first-owner-'));
  test = await createEmptyTestDatabase();
});
afterEach(async () => {
  await test.drop();
  await rm(folder, { recursive: true });
});

it('the Job of the chart creates the first owner in an empty database, with only its own variables', async () => {
  const helm = await prepareHelm();
  const database = { ...requiredValues.database, url: test.url };
  const firstOwner = { email: "o'wner$HOME@example.com", passwordSecret: { name: 'pumphouse-first-owner' } };
  const pods = listPods(parseObjects(await helm.render({ ...requiredValues, database, firstOwner })));
  const container = pods.find(({ owner }) => owner.kind === 'Job')?.spec.containers[0];
  if (!container) throw new Error('there is no Job');
  for (const secret of ['database', 'first-owner']) {
    await mkdir(join(folder, secret));
    await writeFile(join(folder, secret, 'password'), 'correct horse battery\n');
  }
  // The paths of the image and of its mounts.
  const toLocal = (text: string) =>
    text
      .replace('/etc/pumphouse', folder)
      .replace('/opt/pumphouse', repositoryFolder)
      .replace(/^\/data$/, join(folder, 'data'));
  const variables = (container.env ?? []).map(({ name, value = '' }) => [name, toLocal(value)] as const);
  const [program = '', ...args] = container.command ?? [];
  await promisify(execFile)(program, args.map(toLocal), {
    env: { PATH: process.env['PATH'], ...Object.fromEntries(variables) },
  });
  expect(await createPersistence(test.database).store.people.hasOwner()).toBe(true);
});
