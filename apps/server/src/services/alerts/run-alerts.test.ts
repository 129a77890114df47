import type { AlertFixture } from '../testing/alert-fixture.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { describe, expect, it } from 'vitest';
import { countAlertEvents } from '../../store/postgres/testing/alerts.ts';
import { useAlerts } from '../testing/alert-fixture.ts';
import { defineJob } from '../testing/workspace-fixture.ts';
import { wholeWorkspace } from '../../domain/alerts/rule-scope.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;
let alerts: AlertFixture;

useAlerts(
  [defineJob('jobs.a', { expose: { tags: ['nightly'] } }), defineJob('jobs.b'), defineJob('jobs.c')],
  (opened) => ({ fixture, context, alerts } = opened),
);

describe('run_failed', () => {
  it('opens one incident for a job, counts its failures and resolves with the next success', async () => {
    await alerts.addRule('run_failed');
    await alerts.failRun('jobs.a');
    await alerts.evaluateAndNotify();
    await alerts.failRun('jobs.a');
    await alerts.evaluateAndNotify();
    expect(await alerts.getOnlyIncident()).toMatchObject({ occurrenceCount: 2, resolvedAt: null });
    await alerts.succeedRun('jobs.a');
    await alerts.evaluateAndNotify();
    expect(await alerts.getOnlyIncident()).toMatchObject({ resolution: 'Run #3 succeeded.' });
    expect(await alerts.listSent()).toEqual([
      'opened: a failed: It ended with 1.',
      'resolved: a failed: It ended with 1.',
    ]);
    const [opened, resolved] = await alerts.listMessages();
    expect(resolved?.incidentId).toBe(opened?.incidentId);
  });

  it('gathers jobs that fail together into one message, and reports the end when all have recovered', async () => {
    await alerts.addRule('run_failed');
    for (const ref of ['jobs.a', 'jobs.b', 'jobs.c']) await alerts.failRun(ref);
    await alerts.evaluateAndNotify();
    const [message] = await alerts.listMessages();
    expect(message).toMatchObject({ kind: 'opened', title: '3 incidents of the rule "Run failed"' });
    expect(message?.details).toHaveLength(3);
    await alerts.succeedRun('jobs.a');
    await alerts.succeedRun('jobs.b');
    await alerts.evaluateAndNotify();
    expect(await alerts.listMessages()).toHaveLength(1);
    await alerts.succeedRun('jobs.c');
    await alerts.evaluateAndNotify();
    const [, end] = await alerts.listMessages();
    expect(end).toMatchObject({ kind: 'resolved', incidentId: message?.incidentId });
  });

  it('has links to the run, its errors and the job', async () => {
    await alerts.addRule('run_failed');
    const jobRunId = await alerts.failRun('jobs.a');
    await alerts.evaluateAndNotify();
    const [message] = await alerts.listMessages();
    const base = `http://127.0.0.1:8080/w/${context.workspaceId}`;
    expect(message?.links.map(({ url }) => url)).toEqual([
      `${base}/runs/${jobRunId}`,
      `${base}/runs/${jobRunId}?tab=log&show=errors`,
      `${base}/jobs/${(await context.getJob('jobs.a')).id}`,
      `${base}/alerts`,
    ]);
  });

  it('reports only the chosen failures', async () => {
    await alerts.addRule('run_failed', { conditions: { failureCodes: ['timed_out'] } });
    await alerts.failRun('jobs.a');
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual([]);
    await alerts.failRun('jobs.a', { code: 'timed_out', detail: 'Too long.' });
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual(['open: a failed: Too long.']);
  });

  it('waits for several failures in a row', async () => {
    await alerts.addRule('run_failed', { conditions: { failuresInRow: 2 } });
    await alerts.failRun('jobs.a');
    await alerts.succeedRun('jobs.a');
    await alerts.failRun('jobs.a');
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual([]);
    await alerts.failRun('jobs.a');
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual(['open: a failed: It ended with 1.']);
  });

  it.each([
    ['a job', async () => ({ jobIds: [(await context.getJob('jobs.a')).id] })],
    ['a pattern', async () => ({ jobPatterns: ['*.a'] })],
    ['a tag', async () => ({ tags: ['nightly'] })],
  ])('is narrowed to %s', async (_, narrow) => {
    await alerts.addRule('run_failed', { scope: { ...wholeWorkspace, ...(await narrow()) } });
    await alerts.failRun('jobs.a');
    await alerts.failRun('jobs.b');
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual(['open: a failed: It ended with 1.']);
  });

  it('resolves when the job is archived', async () => {
    await alerts.addRule('run_failed');
    await alerts.failRun('jobs.a');
    await alerts.evaluate();
    const { id: jobId } = await context.getJob('jobs.a');
    await fixture.switchJobs.archive({ workspaceId: context.workspaceId, jobId });
    await alerts.evaluate();
    expect(await alerts.getOnlyIncident()).toMatchObject({ resolution: 'The job was archived.' });
  });

  it('says nothing about a cancelled run', async () => {
    await alerts.addRule('run_failed');
    const run = await context.startRun('jobs.a');
    await fixture.finishRun(run.id, { status: 'cancelled' });
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual([]);
  });
});

describe('run_succeeded and recovered', () => {
  it('are reported once, and are resolved from the start', async () => {
    await alerts.addRule('run_succeeded');
    await alerts.addRule('recovered');
    await alerts.failRun('jobs.a');
    await alerts.failRun('jobs.a');
    await alerts.succeedRun('jobs.a');
    await alerts.succeedRun('jobs.a');
    await alerts.evaluateAndNotify();
    await alerts.evaluateAndNotify();
    expect((await alerts.listSent()).toSorted()).toEqual([
      'opened: 2 incidents of the rule "Run succeeded"',
      'opened: a recovered after 2 failed runs',
    ]);
    expect(new Set((await alerts.listIncidents()).map((each) => each.split(':')[0]))).toEqual(
      new Set(['resolved']),
    );
  });
});

describe('the events of a workspace', () => {
  it('are not written without an enabled rule', async () => {
    const rule = await alerts.addRule('run_failed', { isEnabled: false });
    await alerts.failRun('jobs.a');
    expect(await countAlertEvents(fixture.database, context.workspaceId)).toBe(0);
    await fixture.alertRules.replace(alerts.owner, rule.id, { ...rule, isEnabled: true });
    await alerts.evaluate();
    await alerts.failRun('jobs.a');
    expect(await countAlertEvents(fixture.database, context.workspaceId)).toBe(1);
  });

  it('are evaluated once by servers that evaluate at the same time', async () => {
    await alerts.addRule('run_failed');
    for (const ref of ['jobs.a', 'jobs.b', 'jobs.c']) await alerts.failRun(ref);
    const evaluateTogether = () => Promise.all(Array.from({ length: 4 }, () => fixture.evaluateAlerts()));
    await evaluateTogether();
    alerts.pass(20);
    await evaluateTogether();
    await alerts.evaluateAndNotify();
    expect(await alerts.listSent()).toEqual(['opened: 3 incidents of the rule "Run failed"']);
    expect(await countAlertEvents(fixture.database, context.workspaceId)).toBe(0);
  });

  it('are kept when the transaction of their evaluation fails', async () => {
    await alerts.addRule('run_failed');
    await alerts.failRun('jobs.a');
    await fixture.database.execute(
      `create or replace function refuse_incidents() returns trigger language plpgsql as
       $$ begin raise exception 'no incident'; end $$`,
    );
    await fixture.database.execute(
      'create trigger refuse_incidents before insert on alert_incidents for each row execute function refuse_incidents()',
    );
    try {
      await fixture.evaluateAlerts();
      expect(await countAlertEvents(fixture.database, context.workspaceId)).toBe(1);
    } finally {
      await fixture.database.execute('drop trigger refuse_incidents on alert_incidents');
    }
    await alerts.evaluateAndNotify();
    expect(await alerts.listSent()).toEqual(['opened: a failed: It ended with 1.']);
  });

  it('do not concern an archived workspace', async () => {
    await alerts.addRule('run_failed');
    await alerts.addRule('late');
    await context.archiveWorkspace();
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toEqual([]);
  });
});
