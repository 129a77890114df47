import type { AlertFixture } from '../testing/alert-fixture.ts';
import type { BackfillRecord, JobRunRecord } from '../../store/records.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { beforeEach, describe, expect, it } from 'vitest';
import { defineJob } from '../testing/workspace-fixture.ts';
import { useAlerts } from '../testing/alert-fixture.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;
let alerts: AlertFixture;
let backfill: BackfillRecord;

useAlerts(
  [defineJob('jobs.a', { triggers: ['every:1h'], execute: { concurrency: null } })],
  (opened) => ({ fixture, context, alerts } = opened),
);

const hourMs = 3_600_000;
const failure = { code: 'exit_code', detail: 'It ended with 1.' } as const;
const at = () => ({ workspaceId: context.workspaceId, backfillId: backfill.id });

/** A backfill of the two hours before the last day, with one window at a time. */
async function createBackfill(maxFailures: number | null = null): Promise<void> {
  const now = fixture.clock.now.getTime();
  backfill = await fixture.createBackfills.create({
    workspaceId: context.workspaceId,
    membershipId: context.membershipId,
    jobId: (await context.getJob('jobs.a')).id,
    start: new Date(Math.floor(now / hourMs) * hourMs - 26 * hourMs),
    end: new Date(Math.floor(now / hourMs) * hourMs - 24 * hourMs),
    mode: 'missing',
    chunkTicks: 1,
    newestFirst: false,
    parallel: 1,
    profile: null,
    priority: null,
    maxFailures,
  });
}

async function startWindow(): Promise<JobRunRecord> {
  while ((await fixture.advanceBackfills.advance(backfill.id)) === 'moved');
  const run = (await context.listRuns('jobs.a')).findLast(({ status }) => status === 'pending');
  if (!run?.backfillId) throw new Error('No window was started');
  await context.setRun(run.id, { status: 'running', startedAt: new Date() });
  return run;
}

/** Runs a window, and lets the backfill take note of its end. */
async function runWindow(status: 'completed' | 'failed'): Promise<void> {
  const run = await startWindow();
  await fixture.finishRun(run.id, status === 'failed' ? { status, failure } : { status });
  await advance();
}

async function advance(): Promise<void> {
  while ((await fixture.advanceBackfills.advance(backfill.id)) === 'moved');
}

async function listIncidents(): Promise<string[]> {
  await alerts.evaluate();
  return alerts.listIncidents();
}

describe('a failed window', () => {
  beforeEach(async () => {
    await alerts.addRule('backfill_failed');
    await alerts.addRule('run_failed');
    await alerts.addRule('recovered');
    await createBackfill();
  });

  it('opens one incident, which lasts until the backfill has loaded it', async () => {
    await runWindow('failed');
    expect(await listIncidents()).toEqual(['open: A window of the backfill of a failed: It ended with 1.']);
    await runWindow('completed');
    expect(await listIncidents()).toEqual(['open: The backfill of a failed: 1 of 2 windows failed']);
    await fixture.changeBackfills.retry(at(), null);
    await runWindow('completed');
    expect(await listIncidents()).toEqual(['resolved: The backfill of a failed: 1 of 2 windows failed']);
    expect((await alerts.getOnlyIncident()).resolution).toBe('The backfill completed.');
  });

  it('is no failure of the job, and the success of a usual run recovers nothing', async () => {
    await runWindow('failed');
    await alerts.succeedRun('jobs.a');
    expect(await listIncidents()).toEqual(['open: A window of the backfill of a failed: It ended with 1.']);
  });

  it('is resolved when its backfill is cancelled', async () => {
    await runWindow('failed');
    await listIncidents();
    await fixture.changeBackfills.cancel(at(), true);
    await advance();
    expect(await listIncidents()).toEqual([
      'resolved: A window of the backfill of a failed: It ended with 1.',
    ]);
  });

  it('is reported by a rule that is added later', async () => {
    await runWindow('failed');
    await runWindow('completed');
    await listIncidents();
    await alerts.addRule('backfill_failed', { name: 'later' });
    const incidents = await listIncidents();
    expect(incidents).toEqual(Array(2).fill('open: The backfill of a failed: 1 of 2 windows failed'));
  });
});

describe('a backfill', () => {
  it('that too many failures pause is reported, until a member resumes it', async () => {
    await alerts.addRule('backfill_failed');
    await createBackfill(1);
    await runWindow('failed');
    expect(await listIncidents()).toEqual([
      'open: The backfill of a is paused: too many of its windows failed',
    ]);
    await fixture.changeBackfills.resume(at());
    expect(await listIncidents()).toEqual([
      'resolved: The backfill of a is paused: too many of its windows failed',
    ]);
  });

  it('that a member pauses or cancels is not reported', async () => {
    await alerts.addRule('backfill_failed');
    await alerts.addRule('backfill_finished');
    await createBackfill();
    await fixture.changeBackfills.pause(at());
    await fixture.changeBackfills.cancel(at(), true);
    await advance();
    expect(await listIncidents()).toEqual([]);
  });

  it('that has loaded all windows is finished', async () => {
    await alerts.addRule('backfill_failed');
    await alerts.addRule('backfill_finished');
    await createBackfill();
    await runWindow('completed');
    expect(await listIncidents()).toEqual([]);
    await runWindow('completed');
    expect(await listIncidents()).toEqual(['resolved: The backfill of a finished']);
  });
});
