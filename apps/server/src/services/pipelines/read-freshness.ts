import type { Freshness } from '../../domain/pipelines/pipeline-freshness.ts';
import type {
  LastPipelineRunRecord,
  PipelineInDataset,
  PipelineJobRecord,
  PipelineNewsRecord,
  UpstreamJobRecord,
} from '../../store/records.ts';
import type { Page, PageRequest } from '../paging/read-page.ts';
import type { Persistence } from '../../store/store.ts';
import { deriveFreshness, findExpectedSeconds } from '../../domain/pipelines/pipeline-freshness.ts';
import { freshnessStates } from '@pumphouse/contract';
import { inheritSchedules, listSuccessRefs } from '../../domain/pipelines/inherited-schedules.ts';
import { isFailingPipeline } from '../../domain/pipelines/pipeline-failure.ts';
import { LRUCache } from 'lru-cache';
import { pageOf, sortBy } from '../paging/read-page.ts';

export interface PipelineNews {
  pipelineName: string;
  /** The dataset that the successful runs loaded into; null for all. */
  ofDataset: string | null;
  lastRun: LastPipelineRunRecord | null;
  lastSuccessAt: Date | null;
  target: PipelineTarget;
  freshness: Freshness;
}

/**
 * Where a pipeline loads to: what its last run reported, otherwise its last successful one. A run that fails
 * before it loads reports neither dataset nor destination.
 */
export interface PipelineTarget {
  datasetName: string | null;
  destinationName: string | null;
  destinationType: string | null;
}

export interface PipelineJob extends PipelineJobRecord {
  expectedEverySeconds: number | null;
}

/** How fresh a dataset is: as fresh as what the worst of its pipelines loaded into it. */
export interface DatasetFreshness {
  datasetName: string;
  lastSuccessAt: Date | null;
  freshness: Freshness;
  writers: PipelineNews[];
}

export type FreshnessSortKey = 'last_success_at' | 'pipeline_name';
export type DatasetSortKey = 'last_success_at' | 'dataset_name';

export type ReadFreshness = ReturnType<typeof createReadFreshness>;

const maxSchedulesRemembered = 10_000;
const maxPairs = 20_000;

/** Creates the reads of how fresh pipelines and datasets are. */
export function createReadFreshness({ store }: Persistence<'pipelineOverviews'>, clock: () => Date) {
  /**
   * The usual time between starts of a job, cached for the day, because it is needed for each pipeline of
   * each list.
   */
  const expectedSeconds = new LRUCache<string, { seconds: number | null }>({ max: maxSchedulesRemembered });

  function expectedOf({ triggers, timeZone }: UpstreamJobRecord, now: Date): number | null {
    const today = new Date(now.toISOString().slice(0, 10));
    const key = JSON.stringify([today, timeZone, triggers]);
    const known = expectedSeconds.get(key);
    if (known !== undefined) return known.seconds;
    const seconds = findExpectedSeconds({ triggers, timeZone }, today);
    expectedSeconds.set(key, { seconds });
    return seconds;
  }

  /** Reads the jobs from which those without a clock inherit their schedules, by ref. */
  async function readUpstream(workspaceId: string, jobs: readonly PipelineJob[], now: Date) {
    const started = jobs.filter(({ triggers }) => listSuccessRefs(triggers).length > 0);
    const refs = [...new Set(started.map(({ jobRef }) => jobRef))];
    const found = refs.length === 0 ? [] : await store.pipelineOverviews.listUpstreamJobs(workspaceId, refs);
    const all = found.map((job) => ({ ...job, expectedEverySeconds: expectedOf(job, now) }));
    return new Map([...all, ...started].map((job) => [job.jobRef, job]));
  }

  /**
   * Reads the latest state of pipelines, or of what they do with a dataset, in the order of the pairs, and the
   * jobs that run them.
   */
  async function readNews(
    workspaceId: string,
    pairs: readonly PipelineInDataset[],
  ): Promise<{ news: PipelineNews[]; records: PipelineNewsRecord[]; jobs: PipelineJob[] }> {
    const pipelineNames = [...new Set(pairs.map(({ pipelineName }) => pipelineName))];
    const [records, found] = await Promise.all([
      store.pipelineOverviews.listNews(workspaceId, pairs),
      store.pipelineOverviews.listJobs(workspaceId, pipelineNames),
    ]);
    const now = clock();
    const jobs = found.map((job) => ({ ...job, expectedEverySeconds: expectedOf(job, now) }));
    const upstream = await readUpstream(workspaceId, jobs, now);
    const byPipeline = Map.groupBy(jobs, ({ pipelineName }) => pipelineName);
    const news = records.map((record) => {
      const { pipelineName, ofDataset, lastRun, lastSuccess } = record;
      const own = byPipeline.get(pipelineName) ?? [];
      const details = {
        lastSuccessAt: lastSuccess?.at ?? null,
        lastSuccessDurationMs: lastSuccess?.durationMs ?? 0,
        isFailing: isFailingPipeline({ lastRun, lastSuccess, jobs: own }),
        schedules: own.flatMap((job) => inheritSchedules(job, upstream)),
      };
      return {
        pipelineName,
        ofDataset,
        lastRun,
        lastSuccessAt: details.lastSuccessAt,
        target: chooseTarget(record),
        freshness: deriveFreshness(details, now),
      };
    });
    return { news, records, jobs };
  }

  /** Reads the freshness of datasets; null reads all of them. */
  async function readDatasets(
    workspaceId: string,
    datasetNames: readonly string[] | null,
  ): Promise<DatasetFreshness[]> {
    const pairs = await store.pipelineOverviews.listPairs(workspaceId, datasetNames, maxPairs);
    const { news } = await readNews(workspaceId, pairs);
    return [...Map.groupBy(news, ({ ofDataset }) => ofDataset ?? '')].flatMap(([datasetName, writers]) => {
      const [worst] = sortWorstFirst(writers);
      if (!worst) return [];
      const { lastSuccessAt, freshness } = worst;
      return [{ datasetName, lastSuccessAt, freshness, writers }];
    });
  }

  return {
    readNews,
    readDatasets,

    /** Lists the latest state of pipelines, in the order of the names. */
    listNews: async (workspaceId: string, pipelineNames: readonly string[]): Promise<PipelineNews[]> =>
      (await readNews(workspaceId, inAllDatasets(pipelineNames))).news,

    /** Lists the worst pipelines first, unless sorted. */
    async listPipelines(
      workspaceId: string,
      { isStale }: { isStale: boolean | null },
      page: PageRequest<FreshnessSortKey>,
    ): Promise<Page<PipelineNews>> {
      const names = await store.pipelineOverviews.listNames(workspaceId);
      const { news } = await readNews(workspaceId, inAllDatasets(names));
      const chosen = news.filter(({ freshness }) => isStale === null || freshness.isStale === isStale);
      const sorted = sortBy(sortWorstFirst(chosen), page.sorting, {
        last_success_at: ({ lastSuccessAt }) => lastSuccessAt?.getTime() ?? null,
        pipeline_name: ({ pipelineName }) => pipelineName,
      });
      return pageOf(sorted, page, ({ pipelineName }) => pipelineName);
    },

    /** Lists the worst datasets first, unless sorted. */
    async listDatasets(
      workspaceId: string,
      page: PageRequest<DatasetSortKey>,
    ): Promise<Page<DatasetFreshness>> {
      const sorted = sortBy(sortWorstFirst(await readDatasets(workspaceId, null)), page.sorting, {
        last_success_at: ({ lastSuccessAt }) => lastSuccessAt?.getTime() ?? null,
        dataset_name: ({ datasetName }) => datasetName,
      });
      return pageOf(sorted, page, ({ datasetName }) => datasetName);
    },
  };
}

export function inAllDatasets(pipelineNames: readonly string[]): PipelineInDataset[] {
  return pipelineNames.map((pipelineName) => ({ pipelineName, datasetName: null }));
}

function chooseTarget({
  lastRun,
  lastSuccess,
}: Pick<PipelineNewsRecord, 'lastRun' | 'lastSuccess'>): PipelineTarget {
  const reported = lastRun?.destinationName ? lastRun : lastSuccess;
  return {
    datasetName: lastRun?.datasetName ?? lastSuccess?.datasetName ?? null,
    destinationName: reported?.destinationName ?? null,
    destinationType: reported?.destinationType ?? null,
  };
}

/**
 * Sorts by state, the worst first. Within a state, what has been old for the longest time comes first; of data that is
 * neither failing nor stale, the newest.
 */
export function sortWorstFirst<Each extends Pick<PipelineNews, 'freshness' | 'lastSuccessAt'>>(
  all: readonly Each[],
): Each[] {
  const rankOf = ({ freshness: { state, isStale } }: Each) =>
    state === 'failing' || isStale ? freshnessStates.indexOf(state) : freshnessStates.length;
  return all.toSorted((left, right) => {
    const byState = rankOf(left) - rankOf(right);
    if (byState !== 0) return byState;
    const byAge = toSuccessMs(left) - toSuccessMs(right);
    return rankOf(left) < freshnessStates.length ? byAge : -byAge;
  });
}

function toSuccessMs({ lastSuccessAt }: Pick<PipelineNews, 'lastSuccessAt'>): number {
  return lastSuccessAt?.getTime() ?? 0;
}
