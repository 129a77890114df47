/** Incidents refer to jobs, so they wait for transactions that hold the row of a job. */
import type { AlertFixture } from '../testing/alert-fixture.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { describe, expect, it } from 'vitest';
import { countAlertEvents, setNextTick } from '../../store/postgres/testing/alerts.ts';
import { useAlerts } from '../testing/alert-fixture.ts';
import { defineJob } from '../testing/workspace-fixture.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;
let alerts: AlertFixture;

useAlerts(
  [defineJob('jobs.a'), defineJob('jobs.b'), defineJob('jobs.clock', { triggers: ['every:1h'] })],
  (opened) => ({ fixture, context, alerts } = opened),
);

/** Works while another transaction holds the rows of these jobs, as a start of a run does for a moment. */
async function whileHeld(refs: readonly string[], work: () => Promise<void>): Promise<void> {
  const ids = await Promise.all(refs.map(async (ref) => (await context.getJob(ref)).id));
  await fixture.persistence.transaction(async (store) => {
    await store.jobs.lock(ids);
    await work();
  });
}

const countEvents = () => countAlertEvents(fixture.database, context.workspaceId);

describe('while a transaction holds the row of a job', () => {
  it('its incidents wait, those of other jobs do not, and nothing is lost', async () => {
    await alerts.addRule('run_failed');
    for (const ref of ['jobs.a', 'jobs.b', 'jobs.a']) await alerts.failRun(ref);
    await whileHeld(['jobs.a'], async () => {
      await alerts.evaluate();
      expect(await alerts.listIncidents()).toEqual(['open: b failed: It ended with 1.']);
      expect(await countEvents()).toBe(2);
    });
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual([
      'open: a failed: It ended with 1.',
      'open: b failed: It ended with 1.',
    ]);
    expect(await countEvents()).toBe(0);
    expect(await fixture.instruments.registry.metrics()).toMatch(/^pumphouse_alerts_postponed_total [1-9]/m);
  });

  it('its events stay in order: a success after a failure leaves no open incident', async () => {
    await alerts.addRule('run_failed');
    await alerts.failRun('jobs.a');
    await alerts.succeedRun('jobs.a');
    await whileHeld(['jobs.a'], alerts.evaluate);
    expect(await countEvents()).toBe(2);
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual(['resolved: a failed: It ended with 1.']);
  });

  it('no event is dropped, however long that lasts', async () => {
    await alerts.addRule('run_failed');
    await alerts.failRun('jobs.a');
    await whileHeld(['jobs.a', 'jobs.b'], async () => {
      for (let times = 0; times < 6; times += 1) await alerts.evaluate();
    });
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual(['open: a failed: It ended with 1.']);
  });

  it('a condition of the clock opens its incident at the next evaluation', async () => {
    await alerts.addRule('late', { conditions: { afterSeconds: 600 } });
    const { id } = await context.getJob('jobs.clock');
    await setNextTick(fixture.database, id, new Date(Date.now() - 700_000));
    await whileHeld(['jobs.clock'], async () => {
      await alerts.evaluate();
      expect(await alerts.listIncidents()).toEqual([]);
    });
    await alerts.evaluate();
    expect(await alerts.getOnlyIncident()).toMatchObject({ jobId: id, resolvedAt: null });
  });
});

it('a rule that a transaction holds postpones its workspace, and drops no event', async () => {
  const { id } = await alerts.addRule('run_failed');
  await alerts.evaluate();
  await alerts.failRun('jobs.a');
  await fixture.persistence.transaction(async (store) => {
    await store.alertRules.lock(context.workspaceId, id);
    for (let times = 0; times < 6; times += 1) await alerts.evaluate();
    expect(await countEvents()).toBe(1);
  });
  await alerts.evaluate();
  expect(await alerts.listIncidents()).toEqual(['open: a failed: It ended with 1.']);
});
