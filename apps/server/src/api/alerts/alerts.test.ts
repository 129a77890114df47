import type { ApiFixture, TestCaller } from '../testing/api-fixture.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApiFixture, defineJob } from '../testing/api-fixture.ts';
import { startByHand } from '../testing/deployed-jobs.ts';
import { readAnswer } from '../testing/check-answer.ts';

let api: ApiFixture;
let owner: TestCaller;
let developer: TestCaller;
let viewer: TestCaller;
let workspaceId: string;
let jobId: string;

beforeAll(async () => {
  api = await createApiFixture();
});
beforeEach(async () => {
  const context = await api.createWorkspaceFixture();
  ({ owner } = context);
  workspaceId = context.workspace.id;
  const organization = { id: context.organization.id, role: 'member' } as const;
  developer = await api.createCaller(organization, { id: workspaceId, role: 'developer' });
  viewer = await api.createCaller(organization, { id: workspaceId, role: 'viewer' });
  const at = { workspaceId, membershipId: owner.membershipId };
  await api.createPackages(at.workspaceId, at.membershipId);
  const deployed = await api.services.deploy({
    ...at,
    jobs: [defineJob('jobs.m.load')],
    deploymentModule: null,
    dryRun: false,
  });
  jobId = deployed.jobs[0]?.job.id ?? '';
});
afterAll(() => api.close());

const base = () => `/pumphouse/v1/workspaces/${workspaceId}/alerts`;

async function call(
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  url: string,
  payload?: Record<string, unknown>,
  caller: TestCaller = developer,
) {
  const headers = { authorization: `Bearer ${caller.key}` };
  return api.app.inject({ method, url, headers, ...(payload && { payload }) });
}

const createRule = async (body: Record<string, unknown> = {}) =>
  readAnswer(
    'create_alert_rule',
    await call('POST', `${base()}/rules`, { name: 'Failures', kind: 'run_failed', ...body }),
  );

async function failRun(): Promise<void> {
  const run = await startByHand(api, { workspaceId, membershipId: owner.membershipId, jobId });
  await api.setRun(run.id, { status: 'running', startedAt: new Date() });
  const failure = { code: 'exit_code', detail: 'It ended with 1.' } as const;
  await api.services.finishRun(run.id, { status: 'failed', failure });
  await api.services.evaluateAlerts();
}

const listIncidents = async (query = '', caller = viewer) =>
  readAnswer('list_alert_incidents', await call('GET', `${base()}/incidents${query}`, undefined, caller));

describe('alert rules', () => {
  it('are created with the defaults of their kind, replaced and deleted', async () => {
    const rule = await createRule();
    expect(rule).toMatchObject({
      severity: 'critical',
      is_enabled: true,
      conditions: { failures_in_row: 1, failure_codes: [] },
      reminder_seconds: null,
      quiet_hours: null,
      is_muted: false,
      open_incident_count: 0,
    });
    const changed = await call('PUT', `${base()}/rules/${rule.id}`, {
      name: 'Late',
      kind: 'late',
      conditions: { after_seconds: 300 },
      quiet_hours: { weekdays: [6, 7], from: '00:00', to: '00:00', time_zone: 'Europe/Berlin' },
    });
    expect(readAnswer('replace_alert_rule', changed)).toMatchObject({
      kind: 'late',
      severity: 'warning',
      conditions: { after_seconds: 300 },
      quiet_hours: { holds_critical: false },
    });
    expect((await call('DELETE', `${base()}/rules/${rule.id}`)).statusCode).toBe(204);
    expect(readAnswer('list_alert_rules', await call('GET', `${base()}/rules`)).rules).toEqual([]);
  });

  it.each([
    [{ kind: 'any' }, 'invalid_request'],
    [{ quiet_hours: { weekdays: [1], from: '25:00', to: '07:00', time_zone: 'UTC' } }, 'invalid_request'],
    [{ reminder_seconds: 1 }, 'invalid_request'],
    [{ conditions: { percent: 50 } }, 'invalid_alert_rule'],
  ])('are refused: %j', async (body, code) => {
    const answer = await call('POST', `${base()}/rules`, { name: 'A', kind: 'run_failed', ...body });
    expect(answer.json()).toMatchObject({ code });
  });

  it('name only channels of their workspace, and lose those that were removed', async () => {
    const channelsOf = (id: string) => `/pumphouse/v1/workspaces/${id}/alert-channels`;
    const url = 'https://127.0.0.1:9/hook';
    const mine = readAnswer(
      'create_alert_channel',
      await call('POST', channelsOf(workspaceId), { name: 'A', kind: 'slack', url }, owner),
    );
    const other = await api.createWorkspaceFixture();
    const foreign = readAnswer(
      'create_alert_channel',
      await call('POST', channelsOf(other.workspace.id), { name: 'A', kind: 'slack', url }, other.owner),
    );
    const body = { name: 'Failures', kind: 'run_failed' };
    for (const refused of [
      await call('POST', `${base()}/rules`, { ...body, channel_ids: [mine.id, foreign.id] }),
      await call('POST', `${base()}/rules/-preview`, { ...body, channel_ids: [foreign.id] }),
      await call('POST', `${base()}/rules/-add-suggested`, { channel_ids: [foreign.id] }),
    ])
      expect(refused.json()).toMatchObject({
        code: 'invalid_alert_rule',
        detail: expect.stringContaining('not an alert channel of the workspace') as string,
      });
    const rule = await createRule({ channel_ids: [mine.id] });
    await call('DELETE', `${channelsOf(workspaceId)}/${mine.id}`, undefined, owner);
    const kept = await call('PUT', `${base()}/rules/${rule.id}`, { ...body, channel_ids: [mine.id] });
    expect(readAnswer('replace_alert_rule', kept).channel_ids).toEqual([]);
    const again = await call('PUT', `${base()}/rules/${rule.id}`, { ...body, channel_ids: [mine.id] });
    expect(again.json()).toMatchObject({ code: 'invalid_alert_rule' });
  });

  it('are not muted until a time in the past', async () => {
    const { id } = await createRule();
    const until = new Date(Date.now() - 60_000).toISOString();
    const job = `/pumphouse/v1/workspaces/${workspaceId}/jobs/${jobId}/alerts`;
    for (const url of [`${base()}/rules/${id}/-mute`, `${job}/-mute`])
      expect((await call('POST', url, { until })).json()).toMatchObject({ code: 'alert_pause_in_past' });
    expect(readAnswer('get_alert_rule', await call('GET', `${base()}/rules/${id}`)).is_muted).toBe(false);
    expect(readAnswer('get_job_alerts', await call('GET', job)).is_muted).toBe(false);
  });

  it('are read by viewers, and changed by developers', async () => {
    const { id } = await createRule();
    const read = await call('GET', `${base()}/rules/${id}`, undefined, viewer);
    expect(readAnswer('get_alert_rule', read).id).toBe(id);
    const refused = await call('POST', `${base()}/rules`, { name: 'B', kind: 'late' }, viewer);
    expect(refused.statusCode).toBe(403);
    expect((await call('POST', `${base()}/rules/${id}/-mute`, { until: null }, viewer)).statusCode).toBe(403);
  });

  it('about the scheduler belong to owners of the workspace', async () => {
    const body = { name: 'Scheduler', kind: 'ticks_behind' };
    expect((await call('POST', `${base()}/rules`, body)).statusCode).toBe(403);
    const created = readAnswer('create_alert_rule', await call('POST', `${base()}/rules`, body, owner));
    expect((await call('GET', `${base()}/rules/${created.id}`)).statusCode).toBe(404);
  });

  it('of another workspace are not found', async () => {
    const { id } = await createRule();
    const other = await api.createWorkspaceFixture();
    const url = `/pumphouse/v1/workspaces/${other.workspace.id}/alerts/rules/${id}`;
    expect((await call('GET', url, undefined, other.owner)).statusCode).toBe(404);
    expect((await call('DELETE', url, undefined, other.owner)).statusCode).toBe(404);
  });

  it('are muted and unmuted', async () => {
    const { id } = await createRule();
    const muted = await call('POST', `${base()}/rules/${id}/-mute`, { until: null });
    expect(readAnswer('mute_alert_rule', muted)).toMatchObject({ is_muted: true, muted_until: null });
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const again = await call('POST', `${base()}/rules/${id}/-mute`, { until });
    expect(readAnswer('mute_alert_rule', again)).toMatchObject({ is_muted: true, muted_until: until });
    const lifted = await call('POST', `${base()}/rules/${id}/-unmute`);
    expect(readAnswer('unmute_alert_rule', lifted)).toMatchObject({ is_muted: false });
  });

  it('are proposed as a set, and previewed on the last days', async () => {
    await failRun();
    const preview = await call('POST', `${base()}/rules/-preview`, { name: 'A', kind: 'run_failed' });
    expect(readAnswer('preview_alert_rule', preview)).toMatchObject({
      is_available: true,
      incident_count: 1,
      incidents: [{ title: 'm.load failed: It ended with 1.' }],
    });
    const added = await call('POST', `${base()}/rules/-add-suggested`, {});
    expect(readAnswer('add_suggested_alert_rules', added).rules.map(({ kind }) => kind)).toContain('late');
  });
});

describe('incidents', () => {
  beforeEach(async () => {
    await createRule();
    await failRun();
  });

  it('are listed, acknowledged, snoozed and resolved', async () => {
    const [incident] = (await listIncidents('?is_open=true')).items;
    expect(incident).toMatchObject({
      state: 'open',
      rule_name: 'Failures',
      job_ref: 'jobs.m.load',
      occurrence_count: 1,
      is_muted: false,
    });
    expect(incident?.links[0]?.url).toMatch(
      new RegExp(`^http://[^/]+/w/${workspaceId}/runs/${incident?.job_run_id}$`),
    );
    const url = `${base()}/incidents/${incident?.id}`;
    const acknowledged = readAnswer('acknowledge_alert_incident', await call('POST', `${url}/-acknowledge`));
    expect(acknowledged.state).toBe('acknowledged');
    expect(acknowledged.acknowledged_by).toContain('@');
    const past = await call('POST', `${url}/-snooze`, { until: new Date(Date.now() - 1000).toISOString() });
    expect(past.json()).toMatchObject({ code: 'alert_pause_in_past' });
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const snoozed = readAnswer('snooze_alert_incident', await call('POST', `${url}/-snooze`, { until }));
    expect(snoozed).toMatchObject({ state: 'snoozed', snoozed_until: until });
    const resolved = readAnswer('resolve_alert_incident', await call('POST', `${url}/-resolve`));
    expect(resolved).toMatchObject({ state: 'resolved', resolution: 'Resolved by a member.' });
    expect((await call('POST', `${url}/-resolve`)).json()).toMatchObject({ code: 'alert_resolved' });
    expect(readAnswer('get_alert_incident', await call('GET', url)).state).toBe('resolved');
    expect((await listIncidents('?is_open=true')).items).toEqual([]);
    expect((await listIncidents(`?is_open=false&job_id=${jobId}`)).items).toHaveLength(1);
  });

  it('are handled only by developers, and not by the code of a run', async () => {
    const [incident] = (await listIncidents()).items;
    const url = `${base()}/incidents/${incident?.id}/-acknowledge`;
    expect((await call('POST', url, undefined, viewer)).statusCode).toBe(403);
  });

  it('of a muted job say so', async () => {
    const url = `/pumphouse/v1/workspaces/${workspaceId}/jobs/${jobId}/alerts`;
    const muted = readAnswer('mute_job_alerts', await call('POST', `${url}/-mute`, { until: null }));
    expect(muted).toMatchObject({ is_muted: true, muted_until: null, rules: [{ name: 'Failures' }] });
    expect((await listIncidents()).items[0]?.is_muted).toBe(true);
    const lifted = readAnswer('unmute_job_alerts', await call('POST', `${url}/-unmute`));
    expect(lifted.is_muted).toBe(false);
    expect(readAnswer('get_job_alerts', await call('GET', url, undefined, viewer)).is_muted).toBe(false);
  });
});
