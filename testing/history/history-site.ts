import type { ConsoleRuns } from '../fixtures/console-workspace.ts';
import { startEmptyConsoleSite, type ConsoleSite } from '../fixtures/console-site.ts';
import { startTestPostgres } from '../fixtures/test-postgres.ts';
import { fillHistory } from './fill-history.ts';

/** A real server, with people and browsers, on 120 days of runs. */
export async function startHistorySite(): Promise<ConsoleSite & { runs: ConsoleRuns }> {
  const postgres = await startTestPostgres(undefined);
  const site = await startEmptyConsoleSite({ PUMPHOUSE_DATABASE_URL: postgres.templateUrl }).catch(
    async (error: unknown) => {
      await postgres.stop();
      throw error;
    },
  );
  const remove = async () => {
    await site.remove();
    await postgres.stop();
  };
  try {
    return { ...site, remove, runs: await fillHistory(site.server, site.api, postgres.templateUrl) };
  } catch (error) {
    await remove();
    throw error;
  }
}
