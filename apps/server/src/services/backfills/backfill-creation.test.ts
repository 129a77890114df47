/** Runs of the job that end while a backfill of it is created: between the plan and the lock of the job. */
import type { BackfillMode } from '../../domain/backfills/window-states.ts';
import type { JobRunRecord } from '../../store/records.ts';
import type { Persistence } from '../../store/store.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCreateBackfills } from './create-backfills.ts';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { createWorkspaceFixture, defineJob } from '../testing/workspace-fixture.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;
beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());
beforeEach(async () => {
  fixture.clock.now = new Date('2026-03-10T12:30:00Z');
  context = await createWorkspaceFixture(fixture);
  await context.deployAll([
    defineJob('jobs.a', { triggers: ['schedule:0 0 * * *'], execute: { concurrency: 4 } }),
  ]);
});

const day = (date: number, hour = 0) => new Date(Date.UTC(2026, 2, date, hour));

async function startRun(intervalStart: Date, intervalEnd: Date): Promise<JobRunRecord> {
  const { id } = await context.startRun('jobs.a');
  await context.setRun(id, { intervalStart, intervalEnd });
  return context.getRun(id);
}

async function fail({ id }: JobRunRecord): Promise<void> {
  await context.setRun(id, { status: 'running', startedAt: new Date() });
  await fixture.finishRun(id, {
    status: 'failed',
    failure: { code: 'exit_code', detail: 'It ended with 1.' },
  });
}

/** Creates a backfill of March 1 to 5, and returns its windows. `meanwhile` happens once after the first plan. */
async function createWhile(mode: BackfillMode, meanwhile: () => Promise<void>): Promise<string[]> {
  let act: (() => Promise<void>) | null = meanwhile;
  const persistence: Persistence = {
    ...fixture.persistence,
    async transaction(work, options) {
      const due = act;
      act = null;
      await due?.();
      return fixture.persistence.transaction(work, options);
    },
  };
  const { id: jobId } = await context.getJob('jobs.a');
  const { workspaceId, membershipId } = context;
  const backfill = await createCreateBackfills(persistence, async () => fixture.clock.now).create({
    workspaceId,
    membershipId,
    jobId,
    start: day(1),
    end: day(6),
    mode,
    chunkTicks: 1,
    newestFirst: false,
    parallel: 2,
    profile: null,
    priority: null,
    maxFailures: null,
  });
  const options = { after: 0, limit: 100, statuses: null };
  const { windows } = await fixture.readBackfills.listWindows(workspaceId, backfill.id, options);
  return windows.map(({ startsAt, status }) => `${startsAt.toISOString().slice(8, 13)} ${status}`);
}

const waiting = (...dates: number[]) => dates.map((date) => `0${date}T00 waiting`);
const covered = (...dates: number[]) => dates.map((date) => `0${date}T00 covered`);

describe('with the mode "all"', () => {
  it('a run that completes is not repeated', async () => {
    const run = await startRun(day(1), day(4));
    const windows = await createWhile('all', () => context.complete(run));
    expect(windows).toEqual([...covered(1, 2, 3), ...waiting(4, 5)]);
  });

  it('a run that starts and completes is not repeated', async () => {
    const windows = await createWhile('all', async () => context.complete(await startRun(day(1), day(3))));
    expect(windows).toEqual([...covered(1, 2), ...waiting(3, 4, 5)]);
  });

  it('the time of a run that fails is not missed, although it was completed before', async () => {
    await context.complete(await startRun(day(1), day(4)));
    const run = await startRun(day(2), day(3));
    expect(await createWhile('all', () => fail(run))).toEqual(waiting(1, 2, 3, 4, 5));
  });
});

describe('with the mode "missing"', () => {
  it('a run that completes is not repeated', async () => {
    const run = await startRun(day(1), day(3));
    expect(await createWhile('missing', () => context.complete(run))).toEqual(waiting(3, 4, 5));
  });

  it('the time of a run that fails is not missed', async () => {
    const run = await startRun(day(1), day(3));
    expect(await createWhile('missing', () => fail(run))).toEqual(waiting(1, 2, 3, 4, 5));
  });

  it('what a run loads of a window is not loaded again', async () => {
    const windows = await createWhile('missing', async () =>
      context.complete(await startRun(day(1), day(2, 12))),
    );
    expect(windows).toEqual(['02T12 waiting', ...waiting(3, 4, 5)]);
  });
});
