/** A server that is asked to stop ends, whatever it waits for. A test hangs if one does not. */
import type { TestServer } from '../fixtures/server.ts';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createApiWorkspace } from '../fixtures/api-workspace.ts';
import { createSiteServers } from './site-servers.ts';
import { eventually } from '../fixtures/eventually.ts';
import { killProcess, signalProcess } from '../fixtures/kill-process.ts';
import { listProcesses } from '@pumphouse/server/platform/process-identity.ts';
import type { AlertSite } from '../e2e/alerts/alert-site.ts';
import { openStoppedAlertSite, type StoppedAlertSite } from './stopped-alert-site.ts';
import { postgresPort } from '@pumphouse/server/store/postgres/embedded/cluster.ts';
import { startAlertReceiver } from '../fixtures/alert-receiver.ts';
import { triggerJob } from '../fixtures/deploy-workspace.ts';

const left = 'has not closed in time and is left';

let stopped: StoppedAlertSite;
let site: AlertSite;
let servers: ReturnType<typeof createSiteServers>;

beforeAll(async () => {
  stopped = await openStoppedAlertSite({ PUMPHOUSE_LOG_LEVEL: 'info' });
  ({ site } = stopped);
});
afterAll(() => stopped?.remove());
beforeEach(() => {
  servers = createSiteServers(site.server, stopped.pauseFile);
});
afterEach(async ({ task }) => {
  if (task.result?.state === 'fail') process.stderr.write(`${servers.readLogs().join('\n')}\n`);
  await servers.endServers();
});

/** Asks the server to stop, and returns the code with which it ends. */
async function stop(server: TestServer): Promise<number | null> {
  const exited = once(server.process, 'exit');
  server.process.kill('SIGTERM');
  const [code] = (await exited) as [number | null];
  return code;
}

const run = async (server: TestServer) => triggerJob(server, site.api.id, 'jobs.brief');

/** Connects to the database like the server, without counting as one. */
async function connect(): Promise<Client> {
  const host = join(site.server.dataDir, 'postgres', 'data');
  const client = new Client({ host, port: postgresPort, user: 'pumphouse', database: 'pumphouse' });
  client.on('error', () => undefined);
  await client.connect();
  onTestFinished(() => client.end().catch(() => undefined));
  return client;
}

async function listPostgres(): Promise<number[]> {
  const file = join(site.server.dataDir, 'postgres', 'data', 'postmaster.pid');
  const postmaster = Number.parseInt(await readFile(file, 'utf8'), 10);
  const processes = await listProcesses();
  const children = processes.filter(({ parentPid }) => parentPid === postmaster).map(({ pid }) => pid);
  return [postmaster, ...children];
}

describe('a server ends', () => {
  it('while a receiver does not answer, and the message is sent again later', async () => {
    const server = await servers.start();
    const silent = await startAlertReceiver();
    onTestFinished(() => silent.close());
    silent.respondWith(() => undefined);
    const { params } = site;
    const { id } = await server.client.call('create_alert_channel', {
      params,
      body: { name: 'silent', kind: 'webhook', url: silent.url },
    });
    await server.client.call('create_alert_rule', {
      params,
      body: { name: 'silent', kind: 'run_succeeded', channel_ids: [id] },
    });
    const started = await run(server);
    await eventually('the silent receiver is asked', () => silent.received.length > 0);
    expect(await stop(server)).toBe(0);
    expect(server.log()).not.toContain(left);
    silent.respondStatus(200);
    const next = await servers.start();
    await eventually('the receiver has the message', async () => {
      const { items } = await next.client.call('list_alert_deliveries', {
        params,
        query: { channel_id: id },
      });
      return items.length > 0 && items.every(({ status }) => status === 'delivered');
    });
    expect(silent.received.at(-1)?.body).toContain(started);
    await next.client.call('delete_alert_channel', { params: { ...params, channel_id: id } });
  });

  it('while browsers listen to live events', async () => {
    const server = await servers.start();
    const query = new URLSearchParams({ workspace_id: site.api.id });
    const headers = { authorization: `Bearer ${server.key}` };
    const streams = await Promise.all(
      Array.from({ length: 3 }, () =>
        fetch(`${server.url}/pumphouse/v1/events?${query.toString()}`, { headers }),
      ),
    );
    expect(streams.map(({ status }) => status)).toEqual([200, 200, 200]);
    // A stream may break off before the server has ended.
    const ends = Promise.allSettled(
      streams.map(async ({ body }) => {
        for await (const chunk of body ?? []) expect(chunk).toBeDefined();
      }),
    );
    expect(await stop(server)).toBe(0);
    await ends;
    expect(server.log()).not.toContain(left);
  });

  it('while a collector of traces and metrics does not answer', async () => {
    const collector = await startAlertReceiver();
    onTestFinished(() => collector.close());
    collector.respondWith(() => undefined);
    const server = await site.server.restart({
      PUMPHOUSE_PAUSE_AT: '',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    });
    await createApiWorkspace(server, site.api.id).awaitEnd(await run(server));
    await eventually('the collector is asked', () => collector.connections() > 0);
    expect(await stop(server)).toBe(0);
  });

  it('at a point that a test never leaves, and names the loop', async () => {
    const server = await servers.start({ pauseAt: 'in-alerts-before-commit' });
    await run(server);
    await servers.awaitPause();
    await stop(server);
    await server.awaitLogged(/"loops":\[[^\]]*"alerts"/);
    await server.awaitLogged(/"part":"runs and loops".*has not closed in time/);
    servers.resume();
  });

  it('while another transaction locks tables that its loops need', async () => {
    const server = await servers.start();
    const client = await connect();
    await client.query('begin; lock table job_runs, alert_events in access exclusive mode');
    await eventually('the server waits for the lock', async () => {
      const { rows } = await client.query<{ waits: boolean }>(
        `select count(*) > 1 as waits from pg_locks where not granted`,
      );
      return rows[0]?.waits;
    });
    await stop(server);
  });

  it('after Postgres was killed', async () => {
    const server = await servers.start();
    for (const pid of await listPostgres()) killProcess(pid);
    await stop(server);
  });
});

describe('while Postgres does not answer', () => {
  async function suspend(): Promise<TestServer> {
    const server = await servers.start();
    const suspended = await listPostgres();
    for (const pid of suspended) signalProcess(pid, 'SIGSTOP');
    onTestFinished(() => {
      for (const pid of suspended) signalProcess(pid, 'SIGCONT');
    });
    return server;
  }

  it('a server ends after its limit, and lists what was open', async () => {
    const server = await suspend();
    expect(await stop(server)).toBe(1);
    await server.awaitLogged(/"parts":\[[^\]]*"database"[^\]]*\].*has not stopped within 28 s/);
  });

  it('a second signal ends it at once', async () => {
    const server = await suspend();
    server.process.kill('SIGTERM');
    await eventually('the second signal counts', () => {
      server.process.kill('SIGTERM');
      return server.process.exitCode !== null;
    });
    expect(server.process.exitCode).toBe(1);
    await server.awaitLogged('ended by a second signal');
  });
});
