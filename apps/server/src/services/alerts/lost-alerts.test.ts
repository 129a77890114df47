/** No alert is lost: not by a database that is slow, not by an event that cannot be evaluated, not before a rule. */
import type { AlertFixture } from '../testing/alert-fixture.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { addAlertEvent, countAlertEvents, failIncidents } from '../../store/postgres/testing/alerts.ts';
import { useAlerts } from '../testing/alert-fixture.ts';
import { defineJob } from '../testing/workspace-fixture.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;
let alerts: AlertFixture;
let restore: () => Promise<void> = async () => undefined;

useAlerts([defineJob('jobs.a'), defineJob('jobs.b')], (opened) => ({ fixture, context, alerts } = opened));
afterEach(() => restore());

const failedCheck = { check: 'orders: at least 1 row', status: 'failed', detail: '0 rows' } as const;
const countEvents = () => countAlertEvents(fixture.database, context.workspaceId);
const elevenMinutes = 660;

/** Evaluates often, also after the time in which a failing event may be dropped. */
async function evaluateForLong(): Promise<void> {
  for (let times = 0; times < 6; times += 1) await alerts.evaluate();
  alerts.pass(elevenMinutes);
  for (let times = 0; times < 6; times += 1) await alerts.evaluate();
}

describe('what the database does not let through', () => {
  it.each([
    ['57014', 'a statement that takes too long'],
    ['53100', 'a full disk'],
    ['40001', 'a conflict'],
    ['57P01', 'a shutdown'],
  ])('waits: %s, %s', async (state) => {
    await alerts.addRule('run_failed');
    await alerts.evaluate();
    for (const ref of ['jobs.a', 'jobs.b']) await alerts.failRun(ref);
    restore = await failIncidents(fixture.database, 'a failed', state);
    await evaluateForLong();
    expect(await countEvents()).toBe(2);
    await restore();
    await alerts.evaluate();
    expect((await alerts.listIncidents()).toSorted()).toEqual([
      'open: a failed: It ended with 1.',
      'open: b failed: It ended with 1.',
    ]);
  });
});

describe('an event that cannot be evaluated', () => {
  it('holds up those after it for ten minutes, loses none of them, and is then dropped and counted', async () => {
    await alerts.addRule('run_failed');
    await alerts.failRun('jobs.a');
    await addAlertEvent(fixture.database, context.workspaceId, { kind: 'run-ended', subjectId: 'no id' });
    await alerts.failRun('jobs.b');
    for (let times = 0; times < 6; times += 1) await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual(['open: a failed: It ended with 1.']);
    expect(await countEvents()).toBe(2);
    alerts.pass(elevenMinutes);
    await alerts.evaluate();
    expect((await alerts.listIncidents()).toSorted()).toEqual([
      'open: a failed: It ended with 1.',
      'open: b failed: It ended with 1.',
    ]);
    expect(await fixture.instruments.registry.metrics()).toContain('pumphouse_alert_events_dropped_total 1');
    expect(await fixture.store.alertEvents.readState(new Date(0))).toMatchObject({
      waitingCount: 0,
      droppedCount: 1,
      lastDroppedAt: expect.any(Date),
    });
  });

  it('is evaluated when what was wrong with it has been corrected', async () => {
    await alerts.addRule('run_failed');
    await alerts.failRun('jobs.a');
    restore = await failIncidents(fixture.database, 'a failed', '23514');
    for (let times = 0; times < 6; times += 1) await alerts.evaluate();
    await restore();
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual(['open: a failed: It ended with 1.']);
  });
});

describe('a rule that is added while something fails', () => {
  const failedA = ['open: a failed: It ended with 1.'];

  it('opens the incidents of jobs whose last run failed, and of no other', async () => {
    await alerts.failRun('jobs.a');
    await alerts.failRun('jobs.b');
    await alerts.succeedRun('jobs.b');
    await fixture.alertRules.addSuggested(alerts.owner, [alerts.channelId]);
    await alerts.evaluateAndNotify();
    expect(await alerts.listIncidents()).toEqual(failedA);
    expect(await alerts.listSent()).toEqual(['opened: a failed: It ended with 1.']);
  });

  it('counts a run once whose own event waits', async () => {
    await alerts.addRule('recovered');
    await alerts.failRun('jobs.a');
    await alerts.addRule('run_failed');
    await alerts.evaluate();
    expect(await alerts.getOnlyIncident()).toMatchObject({ occurrenceCount: 1 });
  });

  it('sees a failure behind a cancelled run, and says nothing about the past of a momentary kind', async () => {
    await alerts.failRun('jobs.a');
    const run = await context.startRun('jobs.a');
    await fixture.finishRun(run.id, { status: 'cancelled' });
    await alerts.succeedRun('jobs.b');
    await alerts.addRule('run_succeeded');
    await alerts.addRule('run_failed');
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual(failedA);
  });

  it('opens the incident of a check that failed last', async () => {
    await alerts.storeChecks('jobs.a', [failedCheck]);
    await alerts.addRule('check_failed');
    await alerts.evaluate();
    expect(await alerts.getOnlyIncident()).toMatchObject({ kind: 'check_failed', resolvedAt: null });
  });

  it('does so too when it is enabled again', async () => {
    const rule = await alerts.addRule('run_failed', { isEnabled: false });
    await alerts.failRun('jobs.a');
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual([]);
    await fixture.alertRules.replace(alerts.owner, rule.id, { ...rule, isEnabled: true });
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual(failedA);
  });
});
