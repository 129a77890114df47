/** Load packages of runs with intervals: whether the rows are loaded by another run. */
import type { JobRunRecord } from '../../store/records.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createServiceFixture } from '../testing/service-fixture.ts';
import { createWorkspaceFixture, defineJob, plainRequirements } from '../testing/workspace-fixture.ts';
import { setAttempt } from '../../store/postgres/testing/attempts.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;

beforeAll(async () => {
  fixture = await createServiceFixture();
});
afterAll(() => fixture.close());

const daily = {
  triggers: ['schedule:0 0 * * *'],
  interval: { start: '2026-03-05' },
  execute: { concurrency: 4 },
};

beforeEach(async () => {
  fixture.clock.now = new Date('2026-03-10T12:00:00Z');
  context = await createWorkspace();
});

async function createWorkspace(): Promise<WorkspaceFixture> {
  const created = await createWorkspaceFixture(fixture);
  await created.uploadDeployment(plainRequirements);
  await created.uploadConfiguration();
  await created.deployJobs([
    defineJob('jobs.load', { ...daily, incremental_mode: 'interval' }),
    defineJob('jobs.plain', daily),
    defineJob('jobs.other', { execute: { concurrency: 4 } }),
  ]);
  return created;
}

const start = async (jobRef = 'jobs.load') => context.createAttempt(await context.startRun(jobRef));

async function fail(run: JobRunRecord): Promise<void> {
  const failure = { code: 'exit_code', detail: 'It ended with 1.' } as const;
  expect(await fixture.finishRun(run.id, { status: 'failed', failure })).toBe(true);
}

/** Starts a run that leaves a package. */
async function leave(jobRef?: string): Promise<{ id: string; run: JobRunRecord }> {
  const attempt = await start(jobRef);
  await fail(attempt.run);
  return attempt;
}

const decide = async (asking: { id: string }, left: { id: string }) =>
  fixture.decideLeftPackages.ofAttempt(asking.id, left.id);
const time = 'the time from 2026-03-05 00:00:00 to 2026-03-10 00:00:00 UTC';

describe('a package that a run left', () => {
  it('is finished by a run that loads by the state of its pipeline', async () => {
    const left = await leave('jobs.plain');
    expect(await decide(await start('jobs.plain'), left)).toEqual({ decision: 'finish' });
  });

  it('is replaced by the next run of the job, and by the next attempt of its own', async () => {
    const left = await start();
    const replaced = { decision: 'replaced', reason: `this run loads ${time} again` };
    expect(await decide(left, left)).toEqual(replaced);
    await fail(left.run);
    expect(await decide(await start(), left)).toEqual(replaced);
  });

  it('stays for that run while others find it, and is replaced once it has completed', async () => {
    const left = await leave();
    const stays = {
      decision: 'left',
      reason: expect.stringContaining(`${time} counts as not loaded`) as string,
    };
    const next = await start();
    // A run beside the one that loads the time runs at a point in time.
    expect(await decide(await start(), left)).toEqual(stays);
    expect(await decide(await start('jobs.other'), left)).toEqual(stays);
    expect(await fixture.decideLeftPackages.ofRun(context.workspaceId, left.run.id)).toEqual(stays);
    await context.complete(next.run);
    const replaced = { decision: 'replaced', reason: `another run has loaded ${time} since` };
    expect(await decide(await start('jobs.other'), left)).toEqual(replaced);
    expect(await fixture.decideLeftPackages.ofRun(context.workspaceId, left.run.id)).toEqual(replaced);
  });

  it('is finished if its run completed', async () => {
    const left = await start();
    await context.complete(left.run);
    expect(await decide(await start('jobs.other'), left)).toEqual({ decision: 'finish' });
    expect(await fixture.decideLeftPackages.ofRun(context.workspaceId, left.run.id)).toEqual({
      decision: 'finish',
    });
  });

  it('is finished as before if its attempt is unknown, or of another workspace', async () => {
    const asking = await start();
    expect(await decide(asking, { id: randomUUID() })).toEqual({ decision: 'finish' });
    context = await createWorkspace();
    const elsewhere = await leave();
    expect(await decide(asking, elsewhere)).toEqual({ decision: 'finish' });
    expect(await fixture.decideLeftPackages.ofRun(randomUUID(), elsewhere.run.id)).toEqual({
      decision: 'finish',
    });
  });

  it('is not decided for an attempt that has ended', async () => {
    const asking = await start();
    await setAttempt(fixture.database, asking.id, { closedAt: new Date() });
    await expect(decide(asking, asking)).rejects.toMatchObject({ code: 'attempt_closed' });
  });
});
