import type { ApiWorkspace } from '../fixtures/api-workspace.ts';
import type { ConsoleRuns } from '../fixtures/console-workspace.ts';
import type { TestServer } from '../fixtures/server.ts';
import type { TextQueryable } from '@pumphouse/server/store/postgres/pool.ts';
import { eventually } from '../fixtures/eventually.ts';
import { deployWorkspace } from '../fixtures/deploy-workspace.ts';
import { openServerStore } from '../fixtures/server-store.ts';
import { startRun } from '../fixtures/console-workspace.ts';
import { describeHistoryCode, type CodeState } from './history-code.ts';
import { drawPastRuns, type PastRun } from './history-shape.ts';
import { ageRuns, dateVersions, placeRun, storePastRuns, type Models } from './store-history.ts';

const dayMs = 86_400_000;
const daySeconds = 86_400;
const historyDays = 120;
/** When the workspace's three versions of its code were deployed. */
const deployedDaysAgo = [historyDays, 35, 3] as const;

const loadingJobs = [
  'shop_orders',
  'inventory',
  'stripe_payments',
  'exchange_rates',
  'hubspot_contacts',
  'support_tickets',
  'ad_spend',
  'ga4_events',
  'clean_up',
].map((name) => `jobs.${name}`);
/** Their last real runs are those that pages are shown of, with a log that ended now. */
const shownJobs = ['jobs.shop_orders', 'jobs.ga4_events'];
const followingJobs = ['jobs.revenue_by_day', 'jobs.customer_mart'];

/** Costs are counted since the first day of the history, and have had two prices. */
async function countCosts(server: TestServer, sql: TextQueryable): Promise<void> {
  await sql.execute('update installation set cost_counted_since = now() - make_interval(days => $1)', [
    historyDays + 1,
  ]);
  const { items } = await server.client.call('list_organizations', { query: {} });
  for (const { id } of items)
    for (const [daysAgo, small] of [
      [historyDays, 0.06],
      [30, 0.08],
    ] as const)
      await server.client.call('set_cost_rates', {
        params: { organization_id: id },
        body: {
          starts_on: new Date(Date.now() - daysAgo * dayMs).toISOString().slice(0, 10),
          currency: 'EUR',
          hourly_prices: { small, medium: small * 2, large: small * 4, xlarge: small * 8 },
        },
      });
}

/**
 * Fills an empty workspace with 120 days of runs: real ones of three versions of the code, and copies of them in the
 * past. Orders have a new column since 35 days, payments fail since three.
 */
export async function fillHistory(server: TestServer, api: ApiWorkspace): Promise<ConsoleRuns> {
  const { database, close } = await openServerStore(server);
  const workspaceId = api.id;
  const models: Models = Object.fromEntries([...loadingJobs, ...followingJobs].map((ref) => [ref, {}]));
  const note = (ref: string, name: PastRun['model'], id: string) => {
    const model = models[ref];
    if (model) model[name] = id;
  };

  /** Runs jobs, and those that follow them, as models of the past. */
  async function runAll(refs: readonly string[], name: 'before' | 'now'): Promise<void> {
    const started = await Promise.all(
      refs.map(async (ref) => ({ ref, id: await startRun(server, api, ref) })),
    );
    for (const { ref, id } of started) {
      const { status } = await api.awaitEnd(id);
      note(ref, status === 'completed' ? name : 'failed', id);
    }
    await eventually('the jobs that follow have run', () =>
      database
        .one<{ ended: boolean }>(
          `select not exists (select from job_runs where workspace_id = $1 and finished_at is null) as ended`,
          [workspaceId],
        )
        .then(({ ended }) => ended),
    );
    for (const ref of followingJobs) {
      const last = (await api.listRuns(ref)).at(-1);
      if (last?.status === 'completed') note(ref, name, last.id);
    }
  }

  const deploy = (state: CodeState) => deployWorkspace(server, workspaceId, describeHistoryCode(state));
  try {
    await deploy({ hasDiscounts: false, isHubspotFailing: true, isStripeFailing: false });
    await runAll(loadingJobs, 'before');
    await deploy({ hasDiscounts: true, isHubspotFailing: false, isStripeFailing: false });
    await runAll(loadingJobs, 'now');
    await deploy({ hasDiscounts: true, isHubspotFailing: false, isStripeFailing: true });
    await runAll(['jobs.stripe_payments'], 'now');
    const hubspot = models['jobs.hubspot_contacts'];
    if (hubspot?.now !== undefined) hubspot.before = hubspot.now;

    await dateVersions(database, workspaceId, deployedDaysAgo);
    await countCosts(server, database);
    const nowMs = Date.now();
    const deployedAtMs = nowMs - deployedDaysAgo[1] * dayMs;
    const drawn = drawPastRuns({ nowMs, days: historyDays, deployedAtMs });
    const firstRuns = await database.query<{ id: string }>(
      `select job_runs.id from job_runs join deployments on deployments.id = deployment_id
        where job_runs.workspace_id = $1 and deployments.version = 1`,
      [workspaceId],
    );
    await ageRuns(
      database,
      firstRuns.map(({ id }) => id),
      (deployedDaysAgo[1] + 1) * daySeconds,
    );
    // In the place of the last run that is drawn for its job.
    for (const ref of loadingJobs.filter((job) => !shownJobs.includes(job))) {
      const last = drawn.findLast(({ jobRef, model }) => jobRef === ref && model === 'now');
      const id = models[ref]?.now;
      if (last === undefined || id === undefined) continue;
      drawn.splice(drawn.indexOf(last), 1);
      await placeRun(database, id, last);
    }
    await storePastRuns(database, { workspaceId, models, runs: drawn });
  } finally {
    await close();
  }
  const find = (ref: string, model: PastRun['model']) => {
    const id = models[ref]?.[model];
    if (id === undefined) throw new Error(`No run of ${ref} is a model of those ${model}`);
    return id;
  };
  return {
    firstOrders: find('jobs.shop_orders', 'before'),
    orders: find('jobs.shop_orders', 'now'),
    payments: find('jobs.stripe_payments', 'failed'),
    events: find('jobs.ga4_events', 'now'),
  };
}
