import type { ConsoleRuns } from '../fixtures/console-workspace.ts';
import type { Models } from './store-history.ts';
import type { PastRun } from './history-shape.ts';
import { startEmptyConsoleSite, type ConsoleSite } from '../fixtures/console-site.ts';
import { fillHistory, priceHistory } from './fill-history.ts';

/** A real server, with people and browsers, on 120 days of runs. */
export async function startHistorySite(): Promise<ConsoleSite & { runs: ConsoleRuns }> {
  const site = await startEmptyConsoleSite();
  try {
    await priceHistory(site.server);
    const models = await fillHistory(site.server, site.api);
    return {
      ...site,
      runs: {
        firstOrders: findModel(models, 'jobs.shop_orders', 'before'),
        orders: findModel(models, 'jobs.shop_orders', 'now'),
        payments: findModel(models, 'jobs.stripe_payments', 'failed'),
        events: findModel(models, 'jobs.ga4_events', 'now'),
      },
    };
  } catch (error) {
    await site.remove();
    throw error;
  }
}

function findModel(models: Models, ref: string, model: PastRun['model']): string {
  const id = models[ref]?.[model];
  if (id === undefined) throw new Error(`No run of ${ref} is a model of those ${model}`);
  return id;
}
