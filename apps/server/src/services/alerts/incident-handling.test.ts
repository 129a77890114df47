import type { AlertFixture } from '../testing/alert-fixture.ts';
import type { ServiceFixture } from '../testing/service-fixture.ts';
import type { WorkspaceFixture } from '../testing/workspace-fixture.ts';
import { describe, expect, it } from 'vitest';
import { useAlerts } from '../testing/alert-fixture.ts';
import { addChannel } from '../../store/postgres/testing/alerts.ts';
import { defineJob } from '../testing/workspace-fixture.ts';

let fixture: ServiceFixture;
let context: WorkspaceFixture;
let alerts: AlertFixture;

useAlerts([defineJob('jobs.a'), defineJob('jobs.b')], (opened) => ({ fixture, context, alerts } = opened));

const hour = 3600;
const inSeconds = (seconds: number) => new Date(fixture.clock.now.getTime() + seconds * 1000);

/** Fails a job, and returns its incident after it was reported. */
async function openIncident(reminderSeconds: number | null = hour) {
  await alerts.addRule('run_failed', { reminderSeconds });
  await alerts.failRun('jobs.a');
  await alerts.evaluateAndNotify();
  return alerts.getOnlyIncident();
}

const kindsSent = async () => (await alerts.listMessages()).map(({ kind }) => kind);

describe('an open incident', () => {
  it('is reported again in the interval of its rule', async () => {
    await openIncident();
    for (let hours = 0; hours < 3; hours += 1) {
      alerts.pass(hour);
      await alerts.evaluate();
    }
    expect(await kindsSent()).toEqual(['opened', 'reminder', 'reminder', 'reminder']);
  });

  it('is reported once more after a long outage of the server, not for each interval that passed', async () => {
    await openIncident();
    alerts.pass(100 * hour);
    await alerts.evaluate();
    expect(await kindsSent()).toEqual(['opened', 'reminder']);
  });

  it('is not reported again once it is acknowledged; its end is', async () => {
    const { id } = await openIncident();
    const acknowledged = await fixture.alertIncidents.acknowledge(alerts.owner, id);
    expect(acknowledged.acknowledgedByEmail).toContain('@example.com');
    alerts.pass(2 * hour);
    await alerts.evaluate();
    expect(await kindsSent()).toEqual(['opened']);
    await alerts.succeedRun('jobs.a');
    await alerts.evaluate();
    expect(await kindsSent()).toEqual(['opened', 'resolved']);
  });

  it('is reported as acknowledged where people are called until someone acknowledges', async () => {
    const pager = await addChannel(fixture.database, context.workspaceId, 'pager', 'pagerduty');
    await alerts.addRule('run_failed', { channelIds: [alerts.channelId, pager] });
    for (const ref of ['jobs.a', 'jobs.b']) await alerts.failRun(ref);
    await alerts.evaluateAndNotify();
    const page = await fixture.alertIncidents.list(
      alerts.owner,
      { isOpen: true, jobId: null, ruleId: null },
      { limit: 2, offset: 0 },
    );
    const [one, other] = page.items;
    await fixture.alertIncidents.acknowledge(alerts.owner, one?.id ?? '');
    await alerts.evaluate();
    // Both incidents are one alert for receivers.
    expect(await kindsSent()).toEqual(['opened', 'opened']);
    await fixture.alertIncidents.acknowledge(alerts.owner, other?.id ?? '');
    await alerts.evaluate();
    await alerts.evaluate();
    expect(await kindsSent()).toEqual(['opened', 'opened', 'acknowledged']);
    const messages = await alerts.listMessages();
    expect(messages[2]?.incidentId).toBe(messages[0]?.incidentId);
    // A snooze takes the acknowledgement back.
    await fixture.alertIncidents.snooze(alerts.owner, one?.id ?? '', inSeconds(hour));
    await fixture.alertIncidents.acknowledge(alerts.owner, one?.id ?? '');
    await alerts.evaluate();
    expect((await kindsSent()).slice(3)).toEqual(['acknowledged']);
  });

  it('is reported as acknowledged when the last one that was not is over', async () => {
    const pager = await addChannel(fixture.database, context.workspaceId, 'pager', 'pagerduty');
    await alerts.addRule('run_failed', { channelIds: [pager] });
    for (const ref of ['jobs.a', 'jobs.b']) await alerts.failRun(ref);
    await alerts.evaluateAndNotify();
    const { items } = await fixture.alertIncidents.list(
      alerts.owner,
      { isOpen: true, jobId: (await context.getJob('jobs.a')).id, ruleId: null },
      { limit: 2, offset: 0 },
    );
    await fixture.alertIncidents.acknowledge(alerts.owner, items[0]?.id ?? '');
    await alerts.evaluate();
    await alerts.succeedRun('jobs.b');
    await alerts.evaluate();
    expect(await kindsSent()).toEqual(['opened', 'acknowledged']);
    await alerts.succeedRun('jobs.a');
    await alerts.evaluate();
    expect(await kindsSent()).toEqual(['opened', 'acknowledged', 'resolved']);
  });

  it('is reported again at the end of a snooze', async () => {
    const { id } = await openIncident(null);
    await fixture.alertIncidents.snooze(alerts.owner, id, inSeconds(5 * hour));
    alerts.pass(4 * hour);
    await alerts.evaluate();
    expect(await kindsSent()).toEqual(['opened']);
    alerts.pass(hour);
    await alerts.evaluate();
    expect(await kindsSent()).toEqual(['opened', 'reminder']);
  });

  it('is resolved by a member, and opens again with the next failure', async () => {
    const { id } = await openIncident();
    await fixture.alertIncidents.resolve(alerts.owner, id);
    await alerts.evaluate();
    expect(await kindsSent()).toEqual(['opened', 'resolved']);
    await expect(fixture.alertIncidents.acknowledge(alerts.owner, id)).rejects.toMatchObject({
      code: 'alert_resolved',
    });
    await alerts.failRun('jobs.a');
    await alerts.evaluate();
    expect(await alerts.listIncidents()).toHaveLength(2);
  });

  it('ends when its rule is disabled', async () => {
    await openIncident();
    const [rule] = await fixture.alertRules.list(alerts.owner);
    if (!rule) throw new Error('There is no rule');
    await fixture.alertRules.replace(alerts.owner, rule.id, { ...rule, isEnabled: false });
    await alerts.evaluate();
    expect(await alerts.getOnlyIncident()).toMatchObject({ resolution: 'The rule was disabled.' });
    expect(await kindsSent()).toEqual(['opened', 'resolved']);
  });
});

describe('mutes', () => {
  it('of a rule hold its messages until they are lifted', async () => {
    const rule = await alerts.addRule('run_failed');
    await fixture.alertRules.mute(alerts.owner, rule.id, null);
    await alerts.failRun('jobs.a');
    await alerts.evaluateAndNotify();
    expect(await alerts.getOnlyIncident()).toMatchObject({ notifiedAt: null });
    expect(await kindsSent()).toEqual([]);
    await fixture.alertRules.unmute(alerts.owner, rule.id);
    await alerts.evaluate();
    expect(await kindsSent()).toEqual(['opened']);
  });

  it('of a job hold messages about it, and not about others', async () => {
    await alerts.addRule('run_failed');
    const { id: jobId } = await context.getJob('jobs.a');
    await fixture.alertIncidents.muteJob(alerts.owner, jobId, inSeconds(hour));
    await alerts.failRun('jobs.a');
    await alerts.failRun('jobs.b');
    await alerts.evaluateAndNotify();
    expect(await alerts.listSent()).toEqual(['opened: b failed: It ended with 1.']);
    alerts.pass(hour);
    await alerts.evaluate();
    expect(await alerts.listSent()).toEqual([
      'opened: b failed: It ended with 1.',
      'opened: a failed: It ended with 1.',
    ]);
  });

  it('keep an incident silent that ends before them', async () => {
    await alerts.addRule('run_failed');
    const { id: jobId } = await context.getJob('jobs.a');
    await fixture.alertIncidents.muteJob(alerts.owner, jobId, null);
    await alerts.failRun('jobs.a');
    await alerts.evaluateAndNotify();
    await alerts.succeedRun('jobs.a');
    await alerts.evaluateAndNotify();
    await fixture.alertIncidents.unmuteJob(alerts.owner, jobId);
    await alerts.evaluateAndNotify();
    expect(await kindsSent()).toEqual([]);
  });
});

describe('quiet hours', () => {
  const always = { weekdays: [1, 2, 3, 4, 5, 6, 7], from: '00:00', to: '00:00', timeZone: 'UTC' };

  it.each([
    ['warning', false, []],
    ['critical', false, ['opened']],
    ['critical', true, []],
  ] as const)('for a %s rule that holds critical messages: %s', async (severity, holdsCritical, expected) => {
    await alerts.addRule('run_failed', { severity, quietHours: { ...always, holdsCritical } });
    await alerts.failRun('jobs.a');
    await alerts.evaluateAndNotify();
    expect(await kindsSent()).toEqual(expected);
  });

  it('that a member removes no longer hold the incidents that are open', async () => {
    const { id, name, kind, conditions, channelIds } = await alerts.addRule('run_failed', {
      severity: 'warning',
      quietHours: { ...always, holdsCritical: false },
    });
    await alerts.failRun('jobs.a');
    await alerts.evaluateAndNotify();
    const scope = { jobIds: [], jobPatterns: [], tags: [], pipelineNames: [] };
    const draft = { name, kind, scope, conditions, channelIds, isEnabled: true, severity: undefined };
    await fixture.alertRules.replace(alerts.owner, id, { ...draft, reminderSeconds: null, quietHours: null });
    await alerts.evaluate();
    expect(await kindsSent()).toEqual(['opened']);
  });
});

describe('alert rules', () => {
  it('are none in a new workspace, and a set in one call', async () => {
    expect(await fixture.alertRules.list(alerts.owner)).toEqual([]);
    const added = await fixture.alertRules.addSuggested(alerts.owner, [alerts.channelId]);
    expect(added.length).toBeGreaterThan(4);
    expect(await fixture.alertRules.addSuggested(alerts.owner, [])).toHaveLength(added.length);
  });

  it.each([
    [{ kind: 'run_failed', conditions: { percent: 5 } }, 'conditions.percent'],
    [{ kind: 'run_failed', conditions: { failureCodes: ['any'] } }, 'conditions.failure_codes'],
    [
      { kind: 'limits_near_end', scope: { jobIds: [], jobPatterns: ['*'], tags: [], pipelineNames: [] } },
      'scope',
    ],
    [
      {
        kind: 'late',
        quietHours: { weekdays: [1], from: '01:00', to: '02:00', timeZone: 'Moon/Sea', holdsCritical: false },
      },
      'quiet_hours.time_zone',
    ],
    [
      {
        kind: 'late',
        scope: {
          jobIds: ['00000000-0000-4000-8000-000000000000'],
          jobPatterns: [],
          tags: [],
          pipelineNames: [],
        },
      },
      'scope.job_ids',
    ],
  ] as const)('are refused: %j', async ({ kind, ...draft }, key) => {
    await expect(alerts.addRule(kind, draft)).rejects.toMatchObject({
      code: 'invalid_alert_rule',
      message: expect.stringContaining(key) as string,
    });
  });

  it('have names of their own', async () => {
    await alerts.addRule('late');
    await expect(alerts.addRule('late')).rejects.toMatchObject({ code: 'alert_rule_exists' });
  });

  it('list what they would have reported', async () => {
    await alerts.failRun('jobs.a');
    await alerts.failRun('jobs.a');
    await alerts.succeedRun('jobs.a');
    await alerts.failRun('jobs.a');
    await alerts.failRun('jobs.b');
    const draft = { ...(await alerts.addRule('run_failed')), isEnabled: true };
    const preview = await fixture.previewRule(alerts.owner, draft);
    expect(preview).toMatchObject({ isAvailable: true, incidentCount: 3, isTruncated: false });
    expect(await fixture.previewRule(alerts.owner, { ...draft, kind: 'late' })).toMatchObject({
      isAvailable: false,
    });
    expect(await alerts.listIncidents()).toEqual([]);
  });
});

describe('old incidents', () => {
  it('are removed once they were resolved long ago', async () => {
    await openIncident();
    await alerts.succeedRun('jobs.a');
    await alerts.evaluateAndNotify();
    await alerts.failRun('jobs.b');
    await alerts.evaluateAndNotify();
    alerts.pass(89 * 86_400);
    await fixture.removeOldIncidents();
    expect(await alerts.listIncidents()).toHaveLength(2);
    alerts.pass(2 * 86_400);
    await fixture.removeOldIncidents();
    expect(await alerts.listIncidents()).toEqual(['open: b failed: It ended with 1.']);
  });
});
