import type { ExampleSetup, Replacements } from '../example.ts';
import type { ExampleSite } from '../example-site.ts';
import { enter } from '../example.ts';
import { eventually } from '../../fixtures/eventually.ts';

const writtenIncident = '3f0c9a1e-5a43-4e5e-9a55-0d6c1c3f7a10';
const writtenDelivery = '8c0d5b1e-...';

/** Creates the channel on-call, once. */
export async function ensureChannel(site: ExampleSite): Promise<void> {
  const { client } = site.server;
  const params = { workspace_id: site.api.id };
  const { channels } = await client.call('list_alert_channels', { params });
  if (channels.some(({ name }) => name === 'on-call')) return;
  for (const name of ['on-call', 'hook'])
    await client.call('create_alert_channel', {
      params,
      body: { name, kind: 'webhook', url: `${site.receiver.url}/${name}` },
    });
}

/** An open incident, in place of the one that the examples name. */
export async function openIncident(site: ExampleSite): Promise<Replacements> {
  const { client } = site.server;
  const params = { workspace_id: site.api.id };
  const list = async () => (await client.call('list_alert_incidents', { params, query: {} })).items;
  const { rules } = await client.call('list_alert_rules', { params });
  if (!rules.some(({ name }) => name === 'deaths'))
    await client.call('create_alert_rule', {
      params,
      body: { name: 'deaths', kind: 'run_failed', scope: { job_patterns: ['jobs.shop.dies'] } },
    });
  await site.start('pumphouse launch dies --no-deploy --wait').result;
  const incident = await eventually('an incident is open', async () =>
    (await list()).find(({ resolved_at }) => resolved_at === null),
  );
  return { [writtenIncident]: incident.id, INCIDENT: incident.id };
}

async function sentMessage(site: ExampleSite): Promise<Replacements> {
  await ensureChannel(site);
  await site.run('pumphouse alert channels test on-call');
  const { items } = await site.server.client.call('list_alert_deliveries', {
    params: { workspace_id: site.api.id },
    query: {},
  });
  return { [writtenDelivery]: items[0]?.id ?? '' };
}

async function ensureSubscription(site: ExampleSite): Promise<void> {
  const { client } = site.server;
  const params = { workspace_id: site.api.id };
  const { subscriptions } = await client.call('list_event_subscriptions', { params });
  if (subscriptions.some(({ name }) => name === 'warehouse')) return;
  await client.call('create_event_subscription', {
    params,
    body: { name: 'warehouse', url: `${site.receiver.url}/events`, event_types: ['*'] },
  });
}

async function sentEvent(site: ExampleSite): Promise<Replacements> {
  await ensureSubscription(site);
  await site.run('pumphouse events test warehouse');
  const { items } = await site.server.client.call('list_event_deliveries', {
    params: { workspace_id: site.api.id },
    query: {},
  });
  return { [writtenDelivery]: items[0]?.id ?? '' };
}

export const alerts: Record<string, ExampleSetup> = {
  'pumphouse alert ack 3f0c9a1e': { prepare: openIncident },
  'pumphouse alert snooze 3f0c9a1e': { prepare: openIncident },
  'pumphouse alert resolve 3f0c9a1e': { prepare: openIncident },
  'pumphouse alert rules create failures': { prepare: ensureChannel },
  'pumphouse alert rules mute failures': {
    async prepare(site) {
      await site.run('pumphouse alert rules create failures --kind run_failed');
    },
  },
  'pumphouse alert channels send-again': { prepare: sentMessage },
  'pumphouse alert channels create chat': {
    answers: [['URL', `https://hooks.slack.com/services/T1${enter}`]],
  },
};

export const events: Record<string, ExampleSetup> = {
  'pumphouse events list': { prepare: ensureSubscription },
  'pumphouse events show': { prepare: sentEvent },
  'pumphouse events redeliver': { prepare: sentEvent },
  'pumphouse events create warehouse\n': {
    async prepare(site) {
      await site.run('pumphouse events delete warehouse --yes');
    },
    answers: [
      ['URL', `https://example.com/events${enter}`],
      ['whsec_', ''],
      ['URL', `https://example.com/pager${enter}`],
    ],
  },
};
