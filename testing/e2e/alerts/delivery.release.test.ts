/** Retries of a real server, and what acknowledgements, mutes, snoozes and quiet hours hold back. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AlertReceiver } from '../../fixtures/alert-receiver.ts';
import { eventually } from '../../fixtures/eventually.ts';
import { nameRule, openAlertSite, type AlertSite } from './alert-site.ts';
import { startAlertReceiver } from '../../fixtures/alert-receiver.ts';

// The tests of this file are one sequence on one server.

const failing = 'raise KeyError("id")\n';
const scripts = { unsteady: failing, other: failing, third: failing };

let site: AlertSite;
let faulty: AlertReceiver;

beforeAll(async () => {
  site = await openAlertSite({ scripts, requirements: [] });
  faulty = await startAlertReceiver();
});
afterAll(async () => {
  await site.remove();
  await faulty.close();
});

const call = () => site.server.client;
const at = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();
const requestsOf = (path: string) => faulty.received.filter((request) => request.path === path);
const createRule = (name: string, channelIds: string[], jobs: string[], more: object = {}) =>
  call().call('create_alert_rule', {
    params: site.params,
    body: { name, kind: 'run_failed', channel_ids: channelIds, scope: { job_patterns: jobs }, ...more },
  });

describe('a receiver', () => {
  it('that fails, asks for a pause, hangs or closes the connection gets the message again, with its id', async () => {
    const paths = ['/fails', '/pauses', '/hangs', '/closes'];
    faulty.respondWith(({ path }, response, incoming) => {
      if (requestsOf(path).length > 1) response.writeHead(200).end();
      else if (path === '/fails') response.writeHead(500).end();
      else if (path === '/pauses') response.writeHead(429, { 'retry-after': '2' }).end();
      else if (path === '/closes') incoming.socket.destroy();
    });
    const channelIds: string[] = [];
    for (const path of paths) {
      const { params } = site;
      const body = { name: path, kind: 'webhook', url: `${faulty.url}${path}` } as const;
      channelIds.push((await call().call('create_alert_channel', { params, body })).id);
    }
    await createRule('faulty receivers', channelIds, ['jobs.unsteady']);
    await site.run('unsteady');
    const query = { limit: 50 };
    const delivered = await eventually('all are delivered', async () => {
      const { items } = await call().call('list_alert_deliveries', { params: site.params, query });
      return items.length === paths.length && items.every(({ status }) => status === 'delivered') && items;
    });
    expect(delivered.every(({ attempts }) => attempts >= 2)).toBe(true);
    for (const path of paths) {
      const ids = requestsOf(path).map(({ headers }) => headers['webhook-id']);
      expect(ids.length).toBeGreaterThanOrEqual(2);
      expect(new Set(ids).size).toBe(1);
    }
  });
});

describe('an incident', () => {
  it('that occurs again is not sent again, and an acknowledgement reaches PagerDuty', async () => {
    await site.addRule('run_failed', { scope: { job_patterns: ['jobs.unsteady'] } });
    await site.run('unsteady');
    await site.run('unsteady');
    const opened = await site.inboxes.awaitOpened(nameRule('run_failed'));
    const params = { ...site.params, incident_id: opened.incident_id ?? '' };
    await call().call('acknowledge_alert_incident', { params });
    await eventually('PagerDuty acknowledges', () =>
      site.inboxes
        .readEvents()
        .some(
          ({ event_action: action, dedup_key: key }) =>
            action === 'acknowledge' && key === `pumphouse-${opened.incident_id}`,
        ),
    );
    await call().call('resolve_alert_incident', { params });
    await site.inboxes.awaitResolved(opened);
    const about = site.inboxes.readWebhooks().filter(({ data }) => data.incident_id === opened.incident_id);
    expect(about.map(({ type }) => type)).toEqual(['alert.opened', 'alert.acknowledged', 'alert.resolved']);
  });

  it('is held by a mute and by quiet hours, and sent when they end', async () => {
    const rules = ['muted', 'quiet', 'plain'];
    const hour = new Date().getUTCHours();
    const time = (value: number) => `${String((value + 24) % 24).padStart(2, '0')}:00`;
    const quiet_hours = {
      weekdays: [1, 2, 3, 4, 5, 6, 7],
      from: time(hour - 1),
      to: time(hour + 2),
      time_zone: 'UTC',
      holds_critical: true,
    };
    const muted = await createRule('muted', site.channelIds, ['jobs.other']);
    const quiet = await createRule('quiet', site.channelIds, ['jobs.other'], { quiet_hours });
    await createRule('plain', site.channelIds, ['jobs.other']);
    const params = { ...site.params, rule_id: muted.id };
    await call().call('mute_alert_rule', { params, body: { until: at(3600) } });
    await site.run('other');
    await site.inboxes.awaitOpened('plain');
    // All three rules were evaluated with the same event.
    expect(sentBy(rules)).toEqual(['plain']);
    await call().call('unmute_alert_rule', { params });
    await site.inboxes.awaitOpened('muted');
    expect(sentBy(rules)).toEqual(['plain', 'muted']);
    await call().call('replace_alert_rule', {
      params: { ...site.params, rule_id: quiet.id },
      body: { name: 'quiet', kind: 'run_failed', channel_ids: site.channelIds, scope: quiet.scope },
    });
    await site.inboxes.awaitOpened('quiet');
  });

  it('is reminded of at the end of a snooze', async () => {
    await createRule('snoozed', site.channelIds, ['jobs.third']);
    await site.run('third');
    const opened = await site.inboxes.awaitOpened('snoozed');
    const params = { ...site.params, incident_id: opened.incident_id ?? '' };
    const until = at(10);
    await call().call('snooze_alert_incident', { params, body: { until } });
    await eventually('the reminder', () =>
      site.inboxes
        .readWebhooks()
        .some(({ type, data }) => type === 'alert.reminder' && data.incident_id === opened.incident_id),
    );
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(until));
  });
});

/** The rules that sent openings, in their order. */
function sentBy(rules: readonly string[]): string[] {
  return site.inboxes.readWebhooks().flatMap(({ type, data }) => {
    const rule = data.facts.find(({ label }) => label === 'Rule')?.value ?? '';
    return type === 'alert.opened' && rules.includes(rule) ? rule : [];
  });
}
