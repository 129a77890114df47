import { z } from 'zod';
import { responseObject, timestamp } from '../primitives.ts';

/** Maximum pipelines or datasets in one response. */
export const maximumDailySeries = 100;

/** Maximum days in one response. */
export const maximumSeriesDays = 400;

/**
 * A day in the requested time zone, from `start` inclusive to `end` exclusive; it has 23 or 25 hours when the
 * clocks change.
 */
const seriesDay = responseObject('SeriesDay', { date: z.iso.date(), start: timestamp, end: timestamp });

/**
 * Columns with one value per day, as charts need them: 0 for a day without runs, and null for an average
 * without values. Durations cover finished runs.
 */
const dailySums = responseObject('DailySums', {
  average_duration_ms: z.array(z.int().nullable()),
  schema_migration_count: z.array(z.int()),
  succeeded_pipeline_run_count: z.array(z.int()),
  total_bytes_loaded: z.array(z.int()),
  total_duration_ms: z.array(z.int()),
  total_pipeline_run_count: z.array(z.int()),
  total_rows_extracted: z.array(z.int()),
  total_rows_loaded: z.array(z.int()),
});
export type DailySums = z.output<typeof dailySums>;

const series = {
  timezone: z.string(),
  days: z.array(seriesDay),
  /** All that match the filter, including those not listed. */
  total: dailySums,
};

/** Those with the most runs first. */
export const pipelineDailySeriesResponse = responseObject('PipelineDailySeriesResponse', {
  ...series,
  pipelines: z.array(responseObject('PipelineDailySeries', { pipeline_name: z.string(), daily: dailySums })),
});
export type PipelineDailySeriesResponse = z.output<typeof pipelineDailySeriesResponse>;

/** Those with the most runs first. Runs without a dataset are not included. */
export const datasetDailySeriesResponse = responseObject('DatasetDailySeriesResponse', {
  ...series,
  datasets: z.array(responseObject('DatasetDailySeries', { dataset_name: z.string(), daily: dailySums })),
});
export type DatasetDailySeriesResponse = z.output<typeof datasetDailySeriesResponse>;
