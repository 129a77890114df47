import { z } from 'zod';
import { responseObject, timestamp } from '../primitives.ts';

/** Most pipelines or datasets of one answer. */
export const maximumDailySeries = 100;

/** Most days of one answer. */
export const maximumSeriesDays = 400;

/** A day of the asked time zone: from `start` up to, not including, `end`; 23 or 25 hours where clocks move. */
const seriesDay = responseObject('SeriesDay', { date: z.iso.date(), start: timestamp, end: timestamp });

/**
 * Columns with one value for each day of the answer, as charts take them: 0 for a day without runs, and null for an average of
 * nothing. Durations are of runs that finished.
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
  /** All that the filter leaves together, those beyond the named ones too. */
  total: dailySums,
};

/** Those with the most runs first. */
export const pipelineDailySeriesResponse = responseObject('PipelineDailySeriesResponse', {
  ...series,
  pipelines: z.array(responseObject('PipelineDailySeries', { pipeline_name: z.string(), daily: dailySums })),
});
export type PipelineDailySeriesResponse = z.output<typeof pipelineDailySeriesResponse>;

/** Those with the most runs first. Runs without a dataset are in none of it. */
export const datasetDailySeriesResponse = responseObject('DatasetDailySeriesResponse', {
  ...series,
  datasets: z.array(responseObject('DatasetDailySeries', { dataset_name: z.string(), daily: dailySums })),
});
export type DatasetDailySeriesResponse = z.output<typeof datasetDailySeriesResponse>;
