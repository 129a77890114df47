import type { FakeExecutor } from '../executors/fake/fake-executor.ts';
import type { ServiceFixture } from '../services/testing/service-fixture.ts';
import type { WorkspaceFixture } from '../services/testing/workspace-fixture.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createFakeExecutor } from '../executors/fake/fake-executor.ts';
import { createReaper } from './reaper.ts';
import { createWorkspaceFixture, defineJob } from '../services/testing/workspace-fixture.ts';
import { createServiceFixture } from '../services/testing/service-fixture.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;
let executor: FakeExecutor;

beforeAll(async () => {
  fixture = await createServiceFixture();
  context = await createWorkspaceFixture(fixture);
  await context.deployAll([defineJob('jobs.over'), defineJob('jobs.running')]);
  executor = createFakeExecutor();
});
afterAll(() => fixture.close());

/** Starts an attempt of a new run. */
async function startAttempt(jobRef: string) {
  const { id, run } = await context.createAttempt(await context.startRun(jobRef));
  await executor.start({
    attemptId: id,
    jobRunId: run.id,
    installationId: 'installation',
    claimNumber: 1,
    attemptsUrl: 'http://127.0.0.1:1',
    bootstrapSecret: 'token',
    environment: { executor: 'fake', path: 'environment' },
    workFolderName: 'work',
    localData: null,
    uid: 61_000,
    limits: { memoryBytes: null, cpus: null, processes: null },
    instanceSize: 'small',
    graceSeconds: 30,
    timeoutSeconds: null,
    network: 'outgoing',
  });
  return { id, run };
}

const reap = (delaySeconds: number) =>
  createReaper({ persistence: fixture.persistence, executor, delaySeconds, log: fixture.log }).reap();
const listAttempts = async () => (await executor.list()).map(({ attemptId }) => attemptId);

it('ends and removes only attempts whose run ended longer ago than the delay', async () => {
  const over = await startAttempt('jobs.over');
  const running = await startAttempt('jobs.running');
  const failure = { code: 'attempt_lost', detail: '' } as const;
  expect(await fixture.finishRun(over.run.id, { status: 'failed', failure })).toBe(true);
  await reap(60);
  expect(await listAttempts()).toEqual([over.id, running.id]);
  await reap(-1);
  expect(await listAttempts()).toEqual([running.id]);
  expect(executor.stopped.map(({ attemptId }) => attemptId)).toEqual([over.id]);
});
