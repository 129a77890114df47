import type { RunSums } from '../../domain/runs/run-sums.ts';
import type { Page, PageRequest, TimeWindow } from '../paging/read-page.ts';
import type { Persistence } from '../../store/store.ts';
import type {
  SeriesRecord,
  StatisticsFilter,
  StatisticsRecord,
  StatisticsSubject,
} from '../../store/records.ts';
import type { SumName } from '../../domain/runs/run-sums.ts';
import type { ZoneDay } from '../../domain/pipelines/statistics-window.ts';
import { recordOf } from '../../domain/primitives/typed-record.ts';
import { daysOfWindow } from '../../domain/pipelines/statistics-window.ts';
import { maximumSeriesDays } from '@pumphouse/contract';
import { pageOf, readWindow, refuseQuery, sortBy } from '../paging/read-page.ts';
import { sumNames } from '../../domain/runs/run-sums.ts';

export type StatisticsSortKey =
  | 'average_duration_ms'
  | 'dataset_name'
  | 'latest_pipeline_run_at'
  | 'pipeline_name'
  | 'success_ratio'
  | 'total_pipeline_run_count'
  | 'total_rows_loaded';

export interface PipelineStatistics extends StatisticsRecord {
  latestSourceNames: string[];
}

export interface DatasetStatistics extends StatisticsRecord {
  tableCount: number;
}

/** Sums for each day; 0 for days without runs. */
export type DailySums = Record<SumName, number[]>;

export interface DailySeries {
  days: ZoneDay[];
  total: DailySums;
  /** Those with the most runs first. */
  series: { name: string; daily: DailySums }[];
}

export type ReadStatistics = ReturnType<typeof createReadStatistics>;

const defaultDays = 30;
const dayMs = 86_400_000;

const sortValues: Record<StatisticsSortKey, (row: StatisticsRecord) => string | number | null> = {
  average_duration_ms: (row) => averageDurationMs(row),
  dataset_name: (row) => row.name,
  latest_pipeline_run_at: (row) => row.latestRunAt.getTime(),
  pipeline_name: (row) => row.name,
  success_ratio: (row) => row.succeededCount / row.runCount,
  total_pipeline_run_count: (row) => row.runCount,
  total_rows_loaded: (row) => row.rowsLoaded,
};

/**
 * Reads statistics of pipelines and datasets over a time window: of the runs whose `created_at` lies in it,
 * as in lists of pipeline runs.
 */
export function createReadStatistics({ store }: Persistence<'statistics'>, clock: () => Date) {
  /** By name unless sorted. */
  async function list(
    subject: StatisticsSubject,
    workspaceId: string,
    filter: StatisticsFilter,
    page: PageRequest<StatisticsSortKey>,
  ): Promise<Page<StatisticsRecord>> {
    const rows = await store.statistics.list(workspaceId, subject, filter);
    return pageOf(sortBy(rows, page.sorting, sortValues), page, ({ name }) => name);
  }

  return {
    async listPipelines(
      workspaceId: string,
      filter: StatisticsFilter,
      page: PageRequest<StatisticsSortKey>,
    ): Promise<Page<PipelineStatistics>> {
      const found = await list('pipeline', workspaceId, filter, page);
      const sourceNames = await store.statistics.sourceNames(found.items.map((row) => row.latestRunId));
      const items = found.items.map((row) => ({
        ...row,
        latestSourceNames: sourceNames.get(row.latestRunId) ?? [],
      }));
      return { ...found, items };
    },

    async listDatasets(
      workspaceId: string,
      filter: StatisticsFilter,
      page: PageRequest<StatisticsSortKey>,
    ): Promise<Page<DatasetStatistics>> {
      const found = await list('dataset', workspaceId, filter, page);
      const names = found.items.map((row) => row.name);
      const tableCounts = await store.statistics.tableCounts(workspaceId, names);
      const items = found.items.map((row) => ({ ...row, tableCount: tableCounts.get(row.name) ?? 0 }));
      return { ...found, items };
    },

    /**
     * Sums the values for each day of a time zone that the window overlaps.
     * @param asked.names restricts the series and the total to these
     * @param asked.limit maximum number of pipelines or datasets, those with the most runs; the total covers
     * all
     * @throws ServiceError invalid_request if the window ends before it starts, or has more than 400 days
     */
    async daily(
      subject: StatisticsSubject,
      workspaceId: string,
      { window, names, limit }: { window: TimeWindow; names: readonly string[] | null; limit: number },
    ): Promise<DailySeries> {
      const days = readDays(window, clock());
      const rows = await store.statistics.series(workspaceId, subject, { days, names, atMost: limit });
      const series = rows.flatMap((row) =>
        row.name === null ? [] : [{ name: row.name, daily: fillDays(days.length, row) }],
      );
      return {
        days,
        total: fillDays(
          days.length,
          rows.find((row) => row.name === null),
        ),
        series,
      };
    },
  };
}

/** Averages over the successful runs with a duration; null if there are none. */
export function averageDurationMs(
  sums: Pick<RunSums, 'succeededDurationMs' | 'succeededTimedCount'>,
): number | null {
  return sums.succeededTimedCount === 0 ? null : sums.succeededDurationMs / sums.succeededTimedCount;
}

function readDays(window: TimeWindow, now: Date): ZoneDay[] {
  const asked = readWindow(window);
  const end = asked.end ?? now;
  const start = asked.start ?? new Date(end.getTime() - defaultDays * dayMs);
  if (start >= end) throw refuseQuery('start', 'must be before end');
  const tooLong = refuseQuery('start', `must be at most ${maximumSeriesDays} days before end`);
  if (end.getTime() - start.getTime() > (maximumSeriesDays + 1) * dayMs) throw tooLong;
  const days = daysOfWindow({ start, end }, window.timezone);
  if (days.length > maximumSeriesDays) throw tooLong;
  return days;
}

function fillDays(count: number, record: SeriesRecord | undefined): DailySums {
  return recordOf(sumNames, (name) => {
    const values = Array.from({ length: count }, () => 0);
    record?.days.forEach((day, index) => (values[day] = record[name][index] ?? 0));
    return values;
  });
}
