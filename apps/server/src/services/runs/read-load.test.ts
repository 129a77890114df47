import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { identifyServer } from '../../domain/workers/supervisor-identity.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createWorkspaceFixture, defineJob } from '../testing/workspace-fixture.ts';
import { createReadLoad } from './read-load.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { ago, fromNow } from '../../../../../testing/fixtures/relative-times.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
  context = await createWorkspaceFixture(fixture);
  await context.deployAll([
    defineJob('jobs.a'),
    defineJob('jobs.b'),
    defineJob('jobs.c'),
    defineJob('jobs.d'),
  ]);
});
afterAll(() => fixture.close());

it('the load of an installation contains its slots, pending runs, and what makes batch runs wait long', async () => {
  const readLoad = createReadLoad(fixture.persistence);
  const empty = { pending: 0, active: 0, slots: 0, free: 0, demand: 0 };
  expect(await readLoad()).toEqual({
    batch: empty,
    apps: empty,
    unknown: 0,
    longestWait: null,
    waiting: [],
    states: [],
    workers: 0,
    silent: 0,
    problems: ['no server has the role supervisor: nothing starts'],
  });

  const { supervisors } = fixture.store;
  await supervisors.keepAlive(
    identifyServer('one'),
    { batch: 2, apps: 1 },
    { seconds: 60, isClaiming: true },
  );
  await supervisors.keepAlive(
    identifyServer('two'),
    { batch: 2, apps: 1 },
    { seconds: 60, isClaiming: true },
  );
  await supervisors.keepAlive(
    identifyServer('killed'),
    { batch: 2, apps: 1 },
    { seconds: -1, isClaiming: true },
  );
  await context.setRun((await context.startRun('jobs.a')).id, { status: 'running' });
  const late = await context.startRun('jobs.b');
  await context.setRun(late.id, { createdAt: ago({ seconds: 400 }), waitKind: 'slot' });
  const retried = await context.startRun('jobs.c');
  await context.setRun(retried.id, { createdAt: ago({ seconds: 900 }), notBefore: fromNow({ hours: 1 }) });

  const unseen = await context.startRun('jobs.d');
  await context.setRun(unseen.id, {
    status: 'running',
    unknownSince: new Date(),
    unknownDetail: 'the engine is gone',
  });

  const load = await readLoad();
  expect(load).toMatchObject({
    batch: { pending: 2, active: 1, slots: 4, free: 3, demand: 2 },
    apps: { pending: 0, active: 0, slots: 2, free: 2, demand: 0 },
    unknown: 1,
    longestWait: { kind: 'retry' },
    waiting: expect.arrayContaining([
      { isApp: false, kind: 'slot', count: 1, maxSeconds: expect.any(Number) },
      { isApp: false, kind: 'retry', count: 1, maxSeconds: expect.any(Number) },
    ]),
    states: expect.arrayContaining([
      { isApp: false, state: 'pending', count: 2 },
      { isApp: false, state: 'running', count: 2 },
    ]),
    workers: 0,
    silent: 0,
    problems: [
      '1 run is unknown: no server can reach them. Cancel each, or run pumphouse admin end-run',
      expect.stringMatching(/^1 batch run is pending, for 4\d\d s at most: all slots are in use$/),
    ],
  });
  expect(JSON.stringify(load)).not.toMatch(/jobs\.[abcd]/);
});
