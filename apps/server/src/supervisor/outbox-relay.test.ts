import type { ReportRuns } from '../services/runs/report-runs.ts';
import type { AttemptHandle } from '../executors/contract/attempt-handle.ts';
import type { Executor } from '../executors/executor.ts';
import type { ServiceFixture } from '../services/testing/service-fixture.ts';
import type { WorkspaceFixture } from '../services/testing/workspace-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createFakeExecutor, type FakeExecutor } from '../executors/fake/fake-executor.ts';
import { createOutboxRelay } from './outbox-relay.ts';
import { createWorkspaceFixture, defineJob } from '../services/testing/workspace-fixture.ts';
import { createServiceFixture } from '../services/testing/service-fixture.ts';
import { ExecutorError } from '../executors/contract/executor-error.ts';
import { noFaultPoints } from '../platform/fault-points.ts';
import { runnerLine } from '../domain/logs/log-line.ts';
import { ago } from '../../../../testing/fixtures/relative-times.ts';
import { listEvents, removeEvents } from '../store/postgres/testing/outbox.ts';
import { setColumns } from '../store/postgres/testing/set-columns.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;
let fake: FakeExecutor;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  fake = createFakeExecutor();
  context = await createWorkspaceFixture(fixture);
  await context.deployAll([defineJob('jobs.a')]);
  await removeEvents(fixture.database);
});

function createRelay(executor: Executor = fake, reportRuns: ReportRuns = fixture.reportRuns) {
  const { persistence, logFiles, log } = fixture;
  return createOutboxRelay({
    reportRuns,
    persistence,
    executor,
    logFiles,
    claimSeconds: 60,
    workerId: null,
    faultPoints: noFaultPoints,
    log,
  });
}

/** Ends a run with one log line; its attempt keeps running until the test finishes it. */
async function endRun(options: { storesHandle: boolean }) {
  const { run, id } = await context.createAttempt(await context.startRun('jobs.a'));
  const handle: AttemptHandle = await fake.start({
    attemptId: id,
    jobRunId: run.id,
    installationId: 'installation',
    claimNumber: 1,
    attemptsUrl: 'http://127.0.0.1:1',
    bootstrapSecret: 'token',
    environment: { executor: 'fake', path: 'environment' },
    workFolderName: 'W',
    localData: null,
    uid: 61_000,
    limits: { memoryBytes: null, cpus: null, processes: null },
    instanceSize: 'small',
    graceSeconds: 30,
    timeoutSeconds: null,
    network: 'outgoing',
  });
  if (options.storesHandle) await fixture.store.attempts.saveHandle(id, handle);
  await fixture.attemptLog.write(run.id, id, [runnerLine('a line', new Date())]);
  await fixture.finishRun(run.id, { status: 'completed' });
  return { runId: run.id, attemptId: id };
}

/** The event of the run's end; undefined once it was handled. */
async function findEvent(runId: string) {
  return fixture.database.maybeOne<{ failures: number; waits: boolean }>(
    `select failures, taken_until > now() as waits
       from outbox where kind = 'job_run.finished' and payload->>'jobRunId' = $1`,
    [runId],
  );
}

/** Skips the pause before an event is retried. */
const passPause = () => setColumns(fixture.database, 'outbox', { takenUntil: ago({ seconds: 1 }) });
const isSealed = async (attemptId: string) => (await fixture.store.attempts.get(attemptId))?.logSealed;

describe('the end of a run', () => {
  it('is retried after any number of failures', async () => {
    const { runId } = await endRun({ storesHandle: true });
    await setColumns(fixture.database, 'outbox', { failures: 5000 });
    await createRelay({
      ...fake,
      remove: () => Promise.reject(new ExecutorError('backend', 'no engine')),
    }).deliver();
    expect(await findEvent(runId)).toEqual({ failures: 5001, waits: true });
  });

  it('is reported once, when it is handled, and before its event is removed', async () => {
    const { runId, attemptId } = await endRun({ storesHandle: true });
    fake.finish(attemptId);
    const reported: unknown[] = [];
    const isFound = async () => (await findEvent(runId)) !== undefined;
    let isBusy = true;
    const busy: Executor = {
      ...fake,
      remove: (handle) =>
        isBusy ? Promise.reject(new ExecutorError('backend', 'The disk is busy.')) : fake.remove(handle),
    };
    const relay = createRelay(busy, async (events) => {
      const ended = events.filter(({ kind }) => kind === 'job_run.finished');
      if (ended.length > 0) reported.push([ended.map(({ payload }) => payload.jobRunId), await isFound()]);
    });
    await relay.deliver();
    expect(reported).toEqual([]);
    isBusy = false;
    await passPause();
    await relay.deliver();
    expect(reported).toEqual([[[runId], true]]);
    expect(await isFound()).toBe(false);
  });

  it('compresses the log, which stays readable, and removes the attempt, once', async () => {
    const { runId, attemptId } = await endRun({ storesHandle: true });
    fake.finish(attemptId);
    let removals = 0;
    const counting: Executor = {
      ...fake,
      remove(handle) {
        removals += 1;
        return fake.remove(handle);
      },
    };
    const relays = [1, 2, 3].map(() => createRelay(counting));
    await Promise.all(relays.map((relay) => relay.deliver()));
    await relays[0]?.deliver();
    expect(removals).toBe(1);
    expect(await listEvents(fixture.database)).toEqual([]);
    expect(await fake.list()).toEqual([]);
    expect(await isSealed(attemptId)).toBe(true);
    expect((await context.readLog(runId)).map(({ content }) => content)).toEqual(['a line']);
    expect(fake.stopped).toEqual([]);
  });

  it('is retried when the attempt cannot be removed, without repeating finished steps', async () => {
    const { runId, attemptId } = await endRun({ storesHandle: true });
    fake.finish(attemptId);
    let failures = 1;
    const relay = createRelay({
      ...fake,
      async remove(handle) {
        failures -= 1;
        if (failures >= 0) throw new ExecutorError('backend', 'The disk is busy.');
        return fake.remove(handle);
      },
    });
    await relay.deliver();
    expect(await findEvent(runId)).toEqual({ failures: 1, waits: true });
    await relay.deliver();
    expect(await findEvent(runId)).toMatchObject({ failures: 1 });
    await passPause();
    await relay.deliver();
    expect(await findEvent(runId)).toBeUndefined();
    expect(await fake.list()).toEqual([]);
    expect(await isSealed(attemptId)).toBe(true);
  });

  it('waits for an attempt that is about to exit, and ends one that does not', async () => {
    const { runId, attemptId } = await endRun({ storesHandle: true });
    const relay = createRelay();
    for (const failures of [1, 2]) {
      await relay.deliver();
      expect(await findEvent(runId)).toMatchObject({ failures });
      expect(fake.stopped).toEqual([]);
      await passPause();
    }
    await relay.deliver();
    expect(fake.stopped).toEqual([{ attemptId, graceSeconds: 0 }]);
    expect(await findEvent(runId)).toBeUndefined();
    expect(await fake.list()).toEqual([]);
  });

  it('finds an attempt whose handle was never stored', async () => {
    const { runId, attemptId } = await endRun({ storesHandle: false });
    fake.finish(attemptId);
    await createRelay().deliver();
    expect(await findEvent(runId)).toBeUndefined();
    expect(await fake.list()).toEqual([]);
  });

  it('does not block the events behind it', async () => {
    const stuck = await endRun({ storesHandle: true });
    const fine = await endRun({ storesHandle: true });
    fake.finish(fine.attemptId);
    await createRelay().deliver();
    expect(await findEvent(stuck.runId)).toMatchObject({ failures: 1 });
    expect(await findEvent(fine.runId)).toBeUndefined();
  });

  it('is handled together with those of many other runs', async () => {
    const ended = [];
    for (let number = 0; number < 30; number += 1) ended.push(await endRun({ storesHandle: true }));
    for (const { attemptId } of ended) fake.finish(attemptId);
    const reported: number[] = [];
    const relay = createRelay(fake, async (events) => {
      reported.push(events.length);
    });
    expect(await relay.deliver()).toBe(false);
    expect(await listEvents(fixture.database)).toEqual([]);
    expect(reported).toEqual([60]);
  });
});
