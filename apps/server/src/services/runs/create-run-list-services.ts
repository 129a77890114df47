import type { Persistence } from '../../store/store.ts';
import { createCountRuns } from './count-runs.ts';
import { createReadRunSeries } from './read-run-series.ts';
import { createSavedViews } from './saved-views.ts';

type Stores = 'auditLog' | 'jobOverviews' | 'runCounts' | 'runSeries' | 'savedViews' | 'workspaces';

/** Creates the services behind the console's list of runs: its counts over time, and its saved views. */
export function createRunListServices(persistence: Persistence<Stores>, clock: () => Date) {
  return {
    readRunSeries: createReadRunSeries(persistence, clock),
    countRuns: createCountRuns(persistence, clock),
    savedViews: createSavedViews(persistence),
  };
}
