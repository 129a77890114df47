import type { ApiWorkspace } from '../fixtures/api-workspace.ts';
import type { TestServer } from '../fixtures/server.ts';
import { eventually } from '../fixtures/eventually.ts';
import { deployWorkspace } from '../fixtures/deploy-workspace.ts';
import { openServerStore } from '../fixtures/server-store.ts';
import { startRun } from '../fixtures/console-workspace.ts';
import { describeHistoryCode, historyJobs, type CodeState, type HistoryScope } from './history-code.ts';
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
export async function priceHistory(server: TestServer): Promise<void> {
  const { database: sql, close } = await openServerStore(server);
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
  await close();
}

/**
 * Fills an empty workspace with 120 days of runs: real ones of three versions of the code, and copies of them in the
 * past. Orders have a new column since 35 days, payments fail since three.
 * @returns the real runs
 */
export async function fillHistory(
  server: TestServer,
  api: ApiWorkspace,
  scope: HistoryScope = { jobs: historyJobs },
): Promise<Models> {
  const has = (ref: string) => scope.jobs.includes(ref.replace(/^jobs\./, ''));
  const [loading, following] = [loadingJobs.filter(has), followingJobs.filter(has)];
  const { database, close } = await openServerStore(server);
  const workspaceId = api.id;
  const models: Models = Object.fromEntries([...loading, ...following].map((ref) => [ref, {}]));
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
    for (const ref of following) {
      const last = (await api.listRuns(ref)).at(-1);
      if (last?.status === 'completed') note(ref, name, last.id);
    }
  }

  const deploy = (state: CodeState) =>
    deployWorkspace(server, workspaceId, describeHistoryCode(state, scope));
  try {
    await deploy({ hasDiscounts: false, isHubspotFailing: true, isStripeFailing: false });
    await runAll(loading, 'before');
    const firstRuns = await database.query<{ id: string }>(
      'select id from job_runs where workspace_id = $1',
      [workspaceId],
    );
    await deploy({ hasDiscounts: true, isHubspotFailing: false, isStripeFailing: false });
    await runAll(loading, 'now');
    await deploy({ hasDiscounts: true, isHubspotFailing: false, isStripeFailing: true });
    await runAll(['jobs.stripe_payments'].filter(has), 'now');
    const hubspot = models['jobs.hubspot_contacts'];
    if (hubspot?.now !== undefined) hubspot.before = hubspot.now;

    await dateVersions(database, workspaceId, deployedDaysAgo);
    const nowMs = Date.now();
    const deployedAtMs = nowMs - deployedDaysAgo[1] * dayMs;
    const drawn = drawPastRuns({ nowMs, days: historyDays, deployedAtMs });
    await ageRuns(
      database,
      firstRuns.map(({ id }) => id),
      (deployedDaysAgo[1] + 1) * daySeconds,
    );
    // In the place of the last run that is drawn for its job.
    for (const ref of loading.filter((job) => !shownJobs.includes(job))) {
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
  return models;
}
