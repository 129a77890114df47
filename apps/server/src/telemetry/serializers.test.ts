import {
  datasetStatsResponse,
  detailedPipelineRunResponse,
  jobResultResponse,
  jobResultTraceResponse,
  pipelineRunResponse,
  pipelineRunSummaryResponse,
  pipelineRunTraceResponse,
  pipelineStatsResponse,
} from '@pumphouse/contract';
import { describe, expect, test } from 'vitest';
import { listCaptured, readCapturedBody } from '../../../../testing/fixtures/captured-bodies.ts';
import { parseJobResult } from './parse-job-result.ts';
import { parseTrace } from './parse-trace.ts';
import {
  toDatasetStats,
  toDetailedPipelineRun,
  toJobResult,
  toJobResultTrace,
  toPipelineRun,
  toPipelineRunSummary,
  toPipelineRunTrace,
  toPipelineStats,
  toWatermark,
} from './serializers.ts';
import type { StoredPipelineRun } from './serializers.ts';

const id = '0190a5b2-7c1e-7000-8000-000000000001';
const jobRunId = '0190a5b2-7c1e-7000-8000-000000000002';
const times = { createdAt: '2026-11-24T22:33:00.000Z', updatedAt: '2026-11-24T22:33:01.000Z' };

function store(name: string): StoredPipelineRun {
  const parsed = parseTrace(readCapturedBody(name));
  if (!parsed.ok) throw new Error(parsed.problem.detail);
  return { ...parsed.details, ...times, id, jobRunId, workspaceId: id, attemptId: id };
}

describe.each(listCaptured('trace'))('%s', (name) => {
  const run = store(name);

  test('fills every field of the contract, and no other', () => {
    const answer = toDetailedPipelineRun(run);
    expect(detailedPipelineRunResponse.parse(answer)).toEqual(answer);
    expect(Object.keys(answer).toSorted()).toEqual(Object.keys(detailedPipelineRunResponse.shape).toSorted());
    expect(Object.keys(toPipelineRun(run)).toSorted()).toEqual(
      Object.keys(pipelineRunResponse.shape).toSorted(),
    );
    expect(pipelineRunSummaryResponse.parse(toPipelineRunSummary(run))).toMatchObject({
      pipeline_run_id: id,
      total_rows: run.totalRowsLoaded,
    });
  });

  test('is returned verbatim as a trace', () => {
    const body = readCapturedBody(name);
    const answer = toPipelineRunTrace(body, run);
    expect(answer).toEqual(body);
    expect(pipelineRunTraceResponse.parse(answer)).toEqual(body);
  });
});

test('a detailed run contains the details of its tables and packages', () => {
  expect(toDetailedPipelineRun(store('fail_load/004-trace'))).toMatchObject({
    status: 'failed',
    error_step: 'load',
    job_run_id: jobRunId,
    total_rows_extracted: 1,
    total_rows_loaded: 0,
    has_failed_load_jobs: true,
    has_pending_packages: true,
    load_package_count: 1,
    tables: [
      {
        table_name: 't',
        rows_extracted: 1,
        rows_loaded: 0,
        load_job_state: 'failed',
        write_disposition: 'append',
      },
    ],
    load_packages: [
      { load_status: 'normalized', failed_job_count: 1, has_failed_load_jobs: true, is_pending: true },
    ],
    resources: [{ resource_name: 't', rows_extracted: 1 }],
  });
});

test('a job result and its trace', () => {
  const body = readCapturedBody('ok/003-job_result');
  const parsed = parseJobResult(body);
  if (!parsed.ok) throw new Error(parsed.problem.detail);
  const { document, ...details } = parsed.details;
  const answer = toJobResult({ ...details, ...times, id, jobRunId });
  expect(jobResultResponse.parse(answer)).toMatchObject({
    result_type: 'job.orders_summary',
    result: { rows: 7 },
  });
  expect(Object.keys(answer).toSorted()).toEqual(Object.keys(jobResultResponse.shape).toSorted());
  expect(jobResultTraceResponse.parse(toJobResultTrace(document))).toEqual(body);
});

const counts = {
  totalPipelineRunCount: 4,
  succeededPipelineRunCount: 3,
  totalRowsLoaded: 10,
  totalBytesLoaded: 20,
  averageDurationMs: 12.6,
  latestStatus: 'succeeded' as const,
  latestPipelineRunAt: times.createdAt,
  latestDestinationName: 'duckdb',
};

test('statistics of pipelines and datasets', () => {
  const pipeline = toPipelineStats({
    ...counts,
    pipelineName: 'p',
    totalRowsExtracted: 11,
    totalDurationMs: 50,
    latestDatasetName: 'd',
    latestSourceNames: ['s'],
  });
  expect(pipelineStatsResponse.parse(pipeline)).toMatchObject({
    success_ratio: 0.75,
    average_duration_ms: 13,
  });
  expect(Object.keys(pipeline).toSorted()).toEqual(Object.keys(pipelineStatsResponse.shape).toSorted());
  const dataset = toDatasetStats({
    ...counts,
    totalPipelineRunCount: 0,
    succeededPipelineRunCount: 0,
    averageDurationMs: null,
    datasetName: 'd',
    distinctPipelineCount: 1,
    schemaMigrationCount: 2,
    tableCount: 3,
    latestPipelineName: 'p',
    latestPipelineRunId: id,
  });
  expect(datasetStatsResponse.parse(dataset)).toMatchObject({ success_ratio: 0, average_duration_ms: null });
  expect(Object.keys(dataset).toSorted()).toEqual(Object.keys(datasetStatsResponse.shape).toSorted());
});

test('a workspace that never recorded anything has a null watermark', () => {
  expect(toWatermark(null)).toEqual({ updated_at: null });
});
