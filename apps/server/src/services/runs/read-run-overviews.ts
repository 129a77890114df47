import type {
  JobRunFilter,
  JobRunSortKey,
  RunHolder,
  RunLoaded,
  RunNeighbour,
  RunOverviewHead,
  RunSchemaChanges,
  RunSurroundings,
  TrendRun,
} from '../../store/records.ts';
import type { Page, PageRequest } from '../paging/read-page.ts';
import type { Persistence } from '../../store/store.ts';
import { createPageReader } from '../paging/read-page.ts';
import { ServiceError } from '../../platform/service-error.ts';

/** A run with everything that a list shows. */
export interface RunOverview {
  run: RunOverviewHead;
  surroundings: RunSurroundings;
  /** Null if no pipeline run was reported. */
  loaded: RunLoaded | null;
  /** Null if it brought no new schema version. */
  schemaChanges: RunSchemaChanges | null;
  /** The active run for which it waits; null if it waits for none. */
  holder: RunHolder | null;
}

/** A run with its neighbors in the same job. */
export interface RunOverviewDetail extends RunOverview {
  previous: RunNeighbour | null;
  next: RunNeighbour | null;
  lastCompleted: RunNeighbour | null;
}

export type ReadRunOverviews = ReturnType<typeof createReadRunOverviews>;

export function createReadRunOverviews({ store }: Persistence<'jobs' | 'runOverviews' | 'schemaChanges'>) {
  const readPage = createPageReader();

  /** Most pages have no run that waits: then no statement looks for what keeps it waiting. */
  async function readHolders(runs: readonly RunOverviewHead[]): Promise<RunHolder[]> {
    const waiting = runs.filter(({ status, waitReason }) => status === 'pending' || waitReason !== null);
    return waiting.length === 0 ? [] : store.runOverviews.holdersOf(waiting.map(({ id }) => id));
  }

  /** Completes runs in the same order, with four statements at most, whatever their number. */
  async function describe(runs: readonly RunOverviewHead[]): Promise<RunOverview[]> {
    const ids = runs.map((run) => run.id);
    const [surroundings, loaded, schemaChanges, holders] = await Promise.all([
      store.runOverviews.surroundingsOf(ids),
      store.runOverviews.loadedOf(ids),
      store.schemaChanges.summarizeByRun(ids),
      readHolders(runs),
    ]);
    const surroundingsById = new Map(surroundings.map((row) => [row.jobRunId, row]));
    const loadedById = new Map(loaded.map((row) => [row.jobRunId, row]));
    const holdersById = new Map(holders.map((row) => [row.jobRunId, row]));
    // Retention may remove a run between two statements.
    return runs.flatMap((run) => {
      const around = surroundingsById.get(run.id);
      if (!around) return [];
      const [own, changes] = [loadedById.get(run.id) ?? null, schemaChanges.get(run.id) ?? null];
      const holder = holdersById.get(run.id) ?? null;
      return [{ run, surroundings: around, loaded: own, schemaChanges: changes, holder }];
    });
  }

  return {
    describe,

    /** Newest first unless sorted. */
    async list(
      workspaceId: string,
      filter: JobRunFilter,
      page: PageRequest<JobRunSortKey>,
    ): Promise<Page<RunOverview>> {
      const runs = await readPage(page, await store.runOverviews.list(workspaceId, filter));
      return { ...runs, items: await describe(runs.items) };
    },

    /** @throws ServiceError not_found */
    async get(workspaceId: string, jobRunId: string): Promise<RunOverviewDetail> {
      const run = await store.runOverviews.get(workspaceId, jobRunId);
      const [overview] = run ? await describe([run]) : [];
      if (!overview) throw new ServiceError('not_found', `There is no job run ${jobRunId}.`);
      const { jobId, number } = overview.run;
      const [previous, next, lastCompleted] = await Promise.all([
        store.runOverviews.previousOf(jobId, number),
        store.runOverviews.nextOf(jobId, number),
        store.runOverviews.lastCompletedBefore(jobId, number),
      ]);
      return { ...overview, previous, next, lastCompleted };
    },

    /**
     * Lists the last ended runs of a job, oldest first.
     * @throws ServiceError not_found
     */
    async trend(workspaceId: string, jobId: string, limit: number): Promise<TrendRun[]> {
      const job = await store.jobs.get(workspaceId, jobId);
      if (!job) throw new ServiceError('not_found', `There is no job ${jobId}.`);
      return (await store.runOverviews.trendOf(jobId, limit)).toReversed();
    },
  };
}
