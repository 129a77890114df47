import type { ConsoleRuns } from '../fixtures/console-workspace.ts';
import { startEmptyConsoleSite, type ConsoleSite } from '../fixtures/console-site.ts';
import { fillHistory } from './fill-history.ts';

/** A real server, with people and browsers, on 120 days of runs. */
export async function startHistorySite(): Promise<ConsoleSite & { runs: ConsoleRuns }> {
  const site = await startEmptyConsoleSite();
  try {
    return { ...site, runs: await fillHistory(site.server, site.api) };
  } catch (error) {
    await site.remove();
    throw error;
  }
}
