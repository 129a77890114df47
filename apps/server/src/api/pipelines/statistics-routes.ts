import type { Handlers } from '../handler.ts';
import type { ReadStatistics } from '../../services/pipelines/read-statistics.ts';
import type { RouteQuery } from '@pumphouse/contract';
import type { StatisticsFilter, StatisticsSubject } from '../../store/records.ts';
import { readPaging, toPage } from '../serializers/pages.ts';
import { readWindow } from '../../services/paging/read-page.ts';
import {
  toDailySums,
  toSeriesDay,
  toStoredDatasetStats,
  toStoredPipelineStats,
} from './statistics-serializers.ts';
import { toDatasetStats, toPipelineStats } from '../../telemetry/serializers.ts';

type Operations =
  'list_dataset_daily_series' | 'list_dataset_stats' | 'list_pipeline_daily_series' | 'list_pipeline_stats';

export function createStatisticsHandlers(services: {
  readStatistics: ReadStatistics;
}): Pick<Handlers, Operations> {
  const { readStatistics } = services;

  async function readDaily(
    subject: StatisticsSubject,
    workspaceId: string,
    query: Pick<RouteQuery<'list_pipeline_daily_series'>, 'start' | 'end' | 'timezone' | 'limit'>,
    names: readonly string[] | undefined,
  ) {
    const { days, total, series } = await readStatistics.daily(subject, workspaceId, {
      window: query,
      names: names ?? null,
      limit: query.limit,
    });
    return {
      shared: { timezone: query.timezone, days: days.map(toSeriesDay), total: toDailySums(total) },
      series: series.map(({ name, daily }) => ({ name, daily: toDailySums(daily) })),
    };
  }

  return {
    async list_pipeline_stats({ params, query }) {
      const filter = toFilter(query, query.pipeline_name);
      const paging = readPaging(query, `list_pipeline_stats ${params.workspace_id}`);
      const page = await readStatistics.listPipelines(params.workspace_id, filter, paging);
      return toPage(page, query, (row) => toPipelineStats(toStoredPipelineStats(row)));
    },

    async list_dataset_stats({ params, query }) {
      const filter = toFilter(query, query.dataset_name);
      const paging = readPaging(query, `list_dataset_stats ${params.workspace_id}`);
      const page = await readStatistics.listDatasets(params.workspace_id, filter, paging);
      return toPage(page, query, (row) => toDatasetStats(toStoredDatasetStats(row)));
    },

    async list_pipeline_daily_series({ params, query }) {
      const { shared, series } = await readDaily('pipeline', params.workspace_id, query, query.pipeline_name);
      return { ...shared, pipelines: series.map(({ name, daily }) => ({ pipeline_name: name, daily })) };
    },

    async list_dataset_daily_series({ params, query }) {
      const { shared, series } = await readDaily('dataset', params.workspace_id, query, query.dataset_name);
      return { ...shared, datasets: series.map(({ name, daily }) => ({ dataset_name: name, daily })) };
    },
  };
}

type StatisticsQuery = Omit<RouteQuery<'list_pipeline_stats'>, 'pipeline_name' | 'sort'>;

function toFilter(query: StatisticsQuery, names: readonly string[] | undefined): StatisticsFilter {
  return {
    ...readWindow(query),
    search: query.q ?? null,
    names: names ?? null,
    latestStatuses: query.latest_status ?? null,
    latestDestinationNames: query.latest_destination_name ?? null,
  };
}
