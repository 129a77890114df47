import type { DatasetFreshnessRow, DatasetStatsResponse, FreshnessState } from '@pumphouse/contract';
import { describe, expect, it } from 'vitest';
import { filterDatasets, joinDatasets, sortDatasets, type PipelineRuns } from './dataset-rows.ts';

const statsOf = (dataset_name: string, total_rows_loaded: number): DatasetStatsResponse => ({
  dataset_name,
  distinct_pipeline_count: 1,
  schema_migration_count: 0,
  succeeded_pipeline_run_count: 1,
  success_ratio: 1,
  total_bytes_loaded: 1,
  total_pipeline_run_count: 1,
  total_rows_loaded,
  table_count: 2,
});

const freshnessOf = (
  dataset_name: string,
  pipeline_names: string[],
  state: FreshnessState,
): DatasetFreshnessRow => ({
  dataset_name,
  pipeline_names,
  freshness: {
    last_success_at: null,
    age_seconds: null,
    state,
    is_stale: state === 'stale',
    detail: '',
    stale_at: null,
    expected_every_seconds: null,
  },
});

const runsOf = (pipeline_name: string, succeeded: number, total: number): PipelineRuns => ({
  pipeline_name,
  succeeded_pipeline_run_count: succeeded,
  success_ratio: succeeded / total,
  total_pipeline_run_count: total,
});

const rows = joinDatasets({
  all: [statsOf('shop_data', 900), statsOf('ads_data', 800), statsOf('old_data', 7)],
  stats: [statsOf('ads_data', 3), statsOf('shop_data', 2)],
  pipelineStats: [runsOf('shop', 8, 10), runsOf('shop_refunds', 9, 10)],
  series: undefined,
  freshness: [
    freshnessOf('shop_data', ['shop_refunds', 'shop'], 'stale'),
    freshnessOf('ads_data', ['ads'], 'fresh'),
  ],
  changes: undefined,
});

describe('the rows of the dataset list', () => {
  it('include datasets without loads in the window', () => {
    expect(rows.map(({ name, stats }) => [name, stats?.total_rows_loaded ?? null])).toEqual([
      ['shop_data', 2],
      ['ads_data', 3],
      ['old_data', null],
    ]);
  });

  it('count the runs of their pipelines, which may fail before they name the dataset', () => {
    expect(rows[0]?.stats).toMatchObject({
      success_ratio: 0.85,
      succeeded_pipeline_run_count: 17,
      total_pipeline_run_count: 20,
      total_rows_loaded: 2,
    });
    expect(rows[1]?.stats).toMatchObject({ success_ratio: 1, total_pipeline_run_count: 1 });
  });

  it('have their pipelines and their freshness', () => {
    expect(rows[0]).toMatchObject({ pipelines: ['shop', 'shop_refunds'], freshness: { state: 'stale' } });
  });

  it('are found by pipeline and sorted by the figures of the window', () => {
    expect(filterDatasets(rows, 'refunds').map(({ name }) => name)).toEqual(['shop_data']);
    expect(sortDatasets(rows, '-rows').map(({ name }) => name)).toEqual([
      'ads_data',
      'shop_data',
      'old_data',
    ]);
    expect(sortDatasets(rows, undefined).map(({ name }) => name)).toEqual([
      'ads_data',
      'old_data',
      'shop_data',
    ]);
  });
});
