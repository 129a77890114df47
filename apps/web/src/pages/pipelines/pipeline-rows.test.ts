import type { PipelineFreshnessRow } from '@pumphouse/contract';
import { describe, expect, it } from 'vitest';
import { filterPipelines, joinPipelines, sortPipelines } from './pipeline-rows.ts';

function freshnessOf(
  pipeline_name: string,
  { status = 'succeeded', isStale = false, at = '2026-11-26T10:00:00Z' } = {},
): PipelineFreshnessRow {
  return {
    pipeline_name,
    dataset_name: `${pipeline_name}_data`,
    destination_name: 'duckdb',
    last_run: {
      id: '',
      pipeline_name,
      status,
      created_at: at,
      started_at: at,
      finished_at: at,
      duration_ms: 1,
      rows_loaded: 1,
      bytes_loaded: 1,
      error_step: null,
      error_message: null,
      failure_summary: null,
      check_status: null,
      job_run: { id: '', number: 1, job_id: '', job_ref: 'jobs.nightly', status: 'completed' },
    },
    freshness: {
      last_success_at: at,
      age_seconds: 1,
      is_stale: isStale,
      state: status === 'failed' ? 'failing' : isStale ? 'stale' : 'fresh',
      detail: '',
      stale_at: null,
      expected_every_seconds: null,
    },
  };
}

function statsOf(pipeline_name: string, total_rows_loaded: number) {
  return {
    pipeline_name,
    succeeded_pipeline_run_count: 1,
    success_ratio: 1,
    total_bytes_loaded: 1,
    total_pipeline_run_count: 1,
    total_rows_extracted: 1,
    total_rows_loaded,
    total_duration_ms: 1,
  };
}

const rows = joinPipelines({
  freshness: [
    freshnessOf('shop'),
    freshnessOf('ads', { isStale: true }),
    freshnessOf('payments', { status: 'failed', at: '2026-11-26T11:00:00Z' }),
    freshnessOf('crm'),
  ],
  stats: [statsOf('shop', 10), statsOf('ads', 500)],
  series: undefined,
  changes: undefined,
});
const namesOf = (some: readonly PipelineFreshnessRow[]) => some.map((row) => row.pipeline_name);

describe('the rows of the pipeline list', () => {
  it('start with pipelines that need attention', () => {
    expect(namesOf(sortPipelines(rows, undefined))).toEqual(['payments', 'ads', 'crm', 'shop']);
  });

  it('are sorted, with unknown values last', () => {
    expect(namesOf(sortPipelines(rows, '-rows'))).toEqual(['ads', 'shop', 'crm', 'payments']);
    expect(namesOf(sortPipelines(rows, 'rows'))).toEqual(['shop', 'ads', 'crm', 'payments']);
    expect(namesOf(sortPipelines(rows, '-last_run'))[0]).toBe('payments');
  });

  it('are found by related names', () => {
    expect(namesOf(filterPipelines(rows, { q: 'SHOP_d' }))).toEqual(['shop']);
    expect(namesOf(filterPipelines(rows, { q: 'nightly' }))).toHaveLength(4);
    expect(filterPipelines(rows, { q: 'none of them' })).toEqual([]);
  });

  it('are filtered by the state of their data', () => {
    expect(namesOf(filterPipelines(rows, { status: ['failing', 'stale'] }))).toEqual(['ads', 'payments']);
    expect(namesOf(filterPipelines(rows, { status: [] }))).toHaveLength(4);
  });
});
