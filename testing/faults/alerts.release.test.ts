/** Servers that are killed while they send alerts, two servers at once, and a receiver that never answers. */
import type { TestServer } from '../fixtures/server.ts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createApiWorkspace } from '../fixtures/api-workspace.ts';
import { createSiteServers } from './site-servers.ts';
import { eventually } from '../fixtures/eventually.ts';
import type { AlertSite } from '../e2e/alerts/alert-site.ts';
import { openServerStore } from '../fixtures/server-store.ts';
import { openStoppedAlertSite, type StoppedAlertSite } from './stopped-alert-site.ts';
import { startAlertReceiver } from '../fixtures/alert-receiver.ts';
import { triggerJob } from '../fixtures/deploy-workspace.ts';

let stopped: StoppedAlertSite;
let site: AlertSite;
let servers: ReturnType<typeof createSiteServers>;
let firstRequest: number;

beforeAll(async () => {
  stopped = await openStoppedAlertSite();
  ({ site } = stopped);
});
afterAll(() => stopped?.remove());
beforeEach(() => {
  servers = createSiteServers(site.server, stopped.pauseFile);
  firstRequest = site.receiver.received.length;
});
// A stopping server records what it has sent: the next test finds nothing to repeat.
afterEach(() => servers.endServers());

const run = async (server: TestServer) =>
  createApiWorkspace(server, site.api.id).awaitEnd(await triggerJob(server, site.api.id, 'jobs.brief'));

/** Requests of this test about a run. */
const requestsAbout = (jobRunId: string) =>
  site.receiver.received.slice(firstRequest).filter(({ body }) => body.includes(jobRunId));

describe('a server that is killed', () => {
  it.each([
    ['while it decides', 'in-alerts-before-commit'],
    ['between deciding and sending', 'before-alert-sent'],
    ['after the receiver got the message, before that is recorded', 'after-alert-sent'],
  ] as const)('%s loses nothing, and repeats a message only with its id', async (_, point) => {
    const server = await servers.start({ pauseAt: point });
    const { id } = await run(server);
    await servers.awaitPause();
    const before = requestsAbout(id).length;
    expect(before).toBe(point === 'after-alert-sent' ? 1 : 0);
    await server.end('SIGKILL');
    servers.resume();
    await endLeases(await servers.start());
    await eventually('the receiver gets the message', () => requestsAbout(id).length > before);
    const requests = requestsAbout(id);
    expect(requests).toHaveLength(before + 1);
    expect(new Set(requests.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    const incidents = requests.map(
      ({ body }) => (JSON.parse(body) as { data: { incident_id: string } }).data,
    );
    expect(new Set(incidents.map(({ incident_id: incidentId }) => incidentId)).size).toBe(1);
  });
});

it('two servers send each incident once', async () => {
  const one = await servers.start();
  const other = await servers.startBeside();
  const runs = await Promise.all([run(one), run(other), run(one), run(other)]);
  await eventually('the receiver has every run', () =>
    runs.every(({ id, number }) =>
      site.receiver.received
        .slice(firstRequest)
        .some(({ body }) => body.includes(id) || body.includes(`#${number} `)),
    ),
  );
  const ids = site.receiver.received.slice(firstRequest).map(({ headers }) => headers['webhook-id']);
  expect(new Set(ids).size).toBe(ids.length);
});

it('a receiver that never answers, with 200 messages for it, delays neither runs, ticks, the API nor others', async () => {
  const silent = await startAlertReceiver();
  silent.respondWith(() => undefined);
  const server = await servers.start();
  const { params } = site;
  const channel = await server.client.call('create_alert_channel', {
    params,
    body: { name: 'silent', kind: 'webhook', url: silent.url },
  });
  const serverStore = await openServerStore(server);
  const fill = async (index: number) =>
    serverStore.store.alertDeliveries.add({
      workspaceId: site.api.id,
      channelIds: [channel.id],
      channelKinds: null,
      message: {
        kind: 'opened',
        incidentId: `incident-${index}`,
        severity: 'critical',
        workspace: { id: site.api.id, name: 'alerts' },
        title: 'load failed',
        details: [],
        facts: [],
        links: [],
        occurredAt: new Date().toISOString(),
      },
      notBefore: null,
      giveUpHours: 24,
    });
  for (let index = 0; index < 200; index += 1) await fill(index);
  await eventually('the silent receiver is asked', () => silent.received.length > 0);
  await site.deploy({ brief: ['schedule:* * * * * */5'] });
  const ticked = await eventually('a tick starts a run that ends', async () => {
    const runs = await createApiWorkspace(server, site.api.id).listRuns('jobs.brief');
    return runs.find(({ trigger, status }) => trigger.startsWith('schedule') && status === 'completed');
  });
  await site.deploy();
  await eventually('the other channel has its message', () => requestsAbout(ticked.id).length > 0);
  const query = { channel_id: channel.id, limit: 200 };
  const { items } = await server.client.call('list_alert_deliveries', { params, query });
  expect(items).toHaveLength(200);
  expect(items.every(({ status }) => status === 'waiting')).toBe(true);
  await serverStore.close();
  await silent.close();
});

/** Ends the leases of a server that was killed, instead of the time. */
async function endLeases(server: TestServer): Promise<void> {
  const serverStore = await openServerStore(server);
  await serverStore.database.execute(
    `update alert_deliveries set taken_until = now() where status = 'waiting' and taken_until is not null`,
  );
  await serverStore.close();
}
