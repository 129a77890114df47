/** A server with four workspaces and 120 days of runs, until it is interrupted. */
import { once } from 'node:events';
import { createApiWorkspace } from '../fixtures/api-workspace.ts';
import { createWorkspace } from '../fixtures/deploy-workspace.ts';
import { fillHistory, priceHistory } from '../history/fill-history.ts';
import { startRun } from '../fixtures/console-workspace.ts';
import { ownerEmail, ownerPassword, startTestServer, type TestServer } from '../fixtures/server.ts';
import type { HistoryScope } from '../history/history-code.ts';

interface DemoWorkspace extends HistoryScope {
  /** A job that is started after the history was filled and the alert rules were added. */
  lastStart?: string;
}

const workspaces: Record<string, DemoWorkspace> = {
  shop: {
    jobs: ['shop_orders', 'inventory', 'revenue_by_day', 'customer_mart', 'warehouse_backfill', 'clean_up'],
    hasApp: true,
    // Keeps running.
    lastStart: 'jobs.warehouse_backfill',
  },
  // Fails, and opens an incident.
  finance: { jobs: ['stripe_payments', 'exchange_rates'], lastStart: 'jobs.stripe_payments' },
  crm: { jobs: ['hubspot_contacts', 'support_tickets'] },
  marketing: { jobs: ['ad_spend', 'ga4_events'] },
};

/**
 * Serves the demo until SIGINT or SIGTERM, and removes it.
 * @param say prints a line for the user
 */
export async function keepDemo(say: (text: string) => void): Promise<void> {
  const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  say('Starting a server. Its data is deleted at the end of the demo.');
  const server = await startTestServer({ PUMPHOUSE_ALLOW_UNISOLATED: '1', PUMPHOUSE_LOG_LEVEL: 'error' });
  try {
    const filled = fillAll(server, say);
    await Promise.race([filled, stopped]);
    await stopped;
    say('Ending the demo ...');
  } finally {
    await server.remove();
  }
}

async function fillAll(server: TestServer, say: (text: string) => void): Promise<void> {
  await priceHistory(server);
  const ids: string[] = [];
  for (const [name, { lastStart, ...scope }] of Object.entries(workspaces)) {
    say(`Filling the workspace ${name} with 120 days of runs ...`);
    const api = createApiWorkspace(server, await createWorkspace(server, name));
    ids.push(api.id);
    await fillHistory(server, api, scope);
    await server.client.call('add_suggested_alert_rules', { params: { workspace_id: api.id }, body: {} });
    if (lastStart !== undefined) await startRun(server, api, lastStart);
  }
  say(`\nThe console is at ${server.url}/w/${ids[0] ?? ''}`);
  say(`Sign in as ${ownerEmail} with the password: ${ownerPassword}`);
  say('Press Ctrl+C to end the demo and delete its data.');
}
