import type { AlertFixture } from '../testing/alert-fixture.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { copyRun, endOpenRuns } from '../../store/postgres/testing/runs.ts';
import { useAlerts } from '../testing/alert-fixture.ts';
import { defineJob } from '../testing/workspace-fixture.ts';
import { setAttempt } from '../../store/postgres/testing/attempts.ts';
import { setNextTick } from '../../store/postgres/testing/alerts.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;
let alerts: AlertFixture;

useAlerts(
  [
    defineJob('jobs.a', { execute: { concurrency: null } }),
    defineJob('jobs.clock', { triggers: ['every:1h'] }),
  ],
  (opened) => ({ fixture, context, alerts } = opened),
);
afterEach(() => endOpenRuns(fixture.database));

/** A time before that of the services' clock, which the tests stop. */
const ago = (seconds: number) => new Date(fixture.clock.now.getTime() - seconds * 1000);

describe('late', () => {
  it('opens for a tick that no scheduler decided, and resolves when it is decided', async () => {
    await alerts.addRule('late', { conditions: { afterSeconds: 600 } });
    const job = await context.getJob('jobs.clock');
    await setNextTick(fixture.database, job.id, ago(500));
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual([]);
    alerts.pass(200);
    await alerts.evaluateAndNotify();
    expect(await alerts.getOnlyIncident()).toMatchObject({ jobId: job.id, resolvedAt: null });
    await setNextTick(fixture.database, job.id, new Date(Date.now() + 3_600_000));
    alerts.pass(60);
    await alerts.evaluateAndNotify();
    expect(await alerts.getOnlyIncident()).toMatchObject({ resolution: 'The condition ended.' });
    expect((await alerts.listSent()).map((each) => each.split(':')[0])).toEqual(['opened', 'resolved']);
  });

  it('opens for a run that waits since its tick, with the reason, and resolves when it starts', async () => {
    await alerts.addRule('late', { conditions: { afterSeconds: 600 } });
    const run = await context.startRun('jobs.clock');
    await context.setRun(run.id, { tickAt: ago(700), waitReason: 'Waiting for a free slot: 4 of 4 in use.' });
    alerts.pass(5);
    await alerts.evaluate();
    expect(await alerts.getOnlyIncident()).toMatchObject({
      details: ['Waiting for a free slot: 4 of 4 in use.'],
      jobRunId: run.id,
    });
    await context.createAttempt(run);
    alerts.pass(60);
    await alerts.evaluate();
    expect(await alerts.getOnlyIncident()).toMatchObject({ resolution: 'The condition ended.' });
  });
});

describe('running_long', () => {
  async function addHistory(minutes: number, count: number): Promise<void> {
    const jobRunId = await alerts.succeedRun('jobs.a');
    await copyRun(fixture.database, jobRunId, count, (n) => ({
      status: 'completed',
      createdAt: ago(86_400 + n * 100),
      startedAt: ago(86_400 + n * 100),
      finishedAt: ago(86_400 + n * 100 - minutes * 60),
    }));
    await context.setJob('jobs.a', { lastRunNumber: count + 1 });
  }

  async function startLong(minutes: number) {
    const { id: attemptId, run } = await startRunning();
    await context.setRun(run.id, { createdAt: ago(minutes * 60 + 10) });
    await setAttempt(fixture.database, attemptId, { startedAt: ago(minutes * 60) });
    return run;
  }

  const startRunning = async () => context.createAttempt(await context.startRun('jobs.a'));

  it('compares with the median of the history, and resolves when the run ends', async () => {
    await alerts.addRule('running_long', { conditions: { timesUsual: 3 } });
    await addHistory(10, 9);
    const run = await startLong(25);
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual([]);
    alerts.pass(6.5 * 60);
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual([
      'open: a has been running for 31 minutes, usually 10 minutes',
    ]);
    await fixture.finishRun(run.id, { status: 'completed' });
    await alerts.evaluate();
    expect(await alerts.getOnlyIncident()).toMatchObject({ resolution: 'The run ended.' });
  });

  it('has no usual duration without a history, and a fixed limit if the rule has one', async () => {
    const rule = await alerts.addRule('running_long');
    await startLong(181);
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual([]);
    await fixture.alertRules.replace(alerts.owner, rule.id, { ...rule, conditions: { afterSeconds: 7200 } });
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual(['open: a has been running for 3 hours']);
  });
});

describe('stuck_waiting', () => {
  it('opens with the reason of the wait, and resolves when the run starts', async () => {
    await alerts.addRule('stuck_waiting', { conditions: { afterSeconds: 900 } });
    const run = await context.startRun('jobs.a');
    await context.setRun(run.id, { createdAt: ago(1000), waitReason: 'No connected worker has gpu=yes.' });
    await alerts.evaluate();
    expect(await alerts.getOnlyIncident()).toMatchObject({
      title: 'a has been waiting for 16 minutes',
      details: ['No connected worker has gpu=yes.'],
    });
    await context.createAttempt(run);
    alerts.pass(60);
    await alerts.evaluate();
    expect(await alerts.getOnlyIncident()).toMatchObject({ resolution: 'The condition ended.' });
  });

  it('counts from the end of the pause of a retry', async () => {
    await alerts.addRule('stuck_waiting', { conditions: { afterSeconds: 900 } });
    const run = await context.startRun('jobs.a');
    await context.setRun(run.id, { createdAt: ago(5000), notBefore: ago(100) });
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual([]);
  });
});

describe('no_output', () => {
  it('opens when the latest line is old, and resolves with the next one', async () => {
    await alerts.addRule('no_output', { conditions: { afterSeconds: 600 } });
    const attempt = await context.createAttempt(await context.startRun('jobs.a'));
    await context.setRun(attempt.run.id, { createdAt: ago(1000) });
    await setAttempt(fixture.database, attempt.id, { startedAt: ago(1000), lastOutputAt: ago(700) });
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual(['open: a has printed nothing for 11 minutes']);
    await setAttempt(fixture.database, attempt.id, { lastOutputAt: new Date() });
    alerts.pass(60);
    await alerts.evaluate();
    expect(await alerts.getOnlyIncident()).toMatchObject({ resolution: 'The condition ended.' });
  });
});

describe('rules about the organization and the installation', () => {
  it('report that the run minutes of the month are nearly used up', async () => {
    await alerts.addRule('limits_near_end', { conditions: { percent: 80 } });
    const { organizationId } = context;
    await fixture.organizationLimits.set(organizationId, { minutesAMonth: 1000 });
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual([]);
    await fixture.organizationLimits.set(organizationId, { minutesAMonth: 0 });
    alerts.pass(60);
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual(['open: 0% of the run minutes of this month are used']);
    await fixture.organizationLimits.set(organizationId, { minutesAMonth: null });
    alerts.pass(60);
    await alerts.evaluate();
    expect(await alerts.getOnlyIncident()).toMatchObject({ resolution: 'The condition ended.' });
  });

  it('report that stored logs take nearly as much as they may', async () => {
    await alerts.addRule('storage_near_limit', { conditions: { percent: 90 } });
    const attempt = await context.createAttempt(await context.startRun('jobs.a'));
    await setAttempt(fixture.database, attempt.id, { logStoredBytes: 46 * 1024 ** 3 });
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual(['open: Stored logs take 92% of their limit']);
    await setAttempt(fixture.database, attempt.id, { logStoredBytes: 1 });
    alerts.pass(60);
    await alerts.evaluate();
    expect(await alerts.getOnlyIncident()).toMatchObject({ resolvedAt: null });
    alerts.pass(3600);
    await alerts.evaluate();
    expect(await alerts.getOnlyIncident()).toMatchObject({ resolution: 'The condition ended.' });
  });

  it('report to owners that the scheduler is behind', async () => {
    await alerts.addRule('ticks_behind');
    const job = await context.getJob('jobs.clock');
    await fixture.database.execute(`update schedules set next_tick_at = now() + interval '1 day'`);
    await setNextTick(fixture.database, job.id, ago(330));
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual(['open: The scheduler is 5 minutes behind']);
    const everything = { isOpen: null, jobId: null, ruleId: null };
    const developer = { ...alerts.owner, isOwner: false };
    const page = await fixture.alertIncidents.list(developer, everything, { limit: 10, offset: 0 });
    expect(page).toMatchObject({ items: [], total: 0 });
    expect(await fixture.alertRules.list(developer)).toEqual([]);
    await setNextTick(fixture.database, job.id, new Date(Date.now() + 3_600_000));
    alerts.pass(60);
    await alerts.evaluate();
    expect(await alerts.getOnlyIncident()).toMatchObject({ resolution: 'The condition ended.' });
  });
});
