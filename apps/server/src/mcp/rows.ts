import type { WorkspacePages } from './console-pages.ts';
import {
  failureReason,
  jobOverviewResponse,
  pipelineFreshnessRow,
  pipelineRunOfJobRun,
  runOverviewResponse,
} from '@pumphouse/contract';
import { z } from 'zod';

/*
 * Responses of the API with a console URL for each row, and with output of user code in fields marked as
 * untrusted.
 */

const url = z.string().describe('The page of the console for it');

/** Part of every response. */
export const answerUrl = { url };

/** A page of a list. */
export function pageOf<Row extends z.ZodType>(row: Row) {
  return z.looseObject({
    ...answerUrl,
    items: z.array(row),
    total: z.int().describe('Number of matches; 10,001 means more'),
    next_cursor: z
      .string()
      .nullable()
      .describe('Pass it as `cursor` for the next page; null on the last page'),
  });
}

/** Converts a page of the API to a page of a tool. */
export function toPageOf<Item, Row>(
  page: { items: Item[]; total: number; next_cursor?: string | null | undefined },
  pageUrl: string,
  toRow: (item: Item) => Row,
) {
  return {
    url: pageUrl,
    items: page.items.map(toRow),
    total: page.total,
    next_cursor: page.next_cursor ?? null,
  };
}

export const untrustedReason = { untrusted_reason: failureReason.nullable() };

/** A run as shown in lists. */
export const runRow = runOverviewResponse.omit({ reason: true }).extend({ ...untrustedReason, url });

export function toRunRow<Reason, Run extends { id: string }>(
  { reason, ...run }: { reason: Reason } & Run,
  pages: WorkspacePages,
) {
  return { ...run, untrusted_reason: reason, url: pages.run(run.id) };
}

/** A job as shown in lists. */
export const jobRow = jobOverviewResponse
  .omit({ last_run: true, last_skipped_run: true, last_failed_run: true, recent_runs: true })
  .extend({ last_run: runRow.nullable(), url });

type JobOverview = z.input<typeof jobOverviewResponse>;

export function toJobRow(overview: JobOverview, pages: WorkspacePages) {
  const {
    last_run: lastRun,
    last_skipped_run: _skipped,
    last_failed_run: _failed,
    recent_runs: _recent,
    ...job
  } = overview;
  return { ...job, last_run: lastRun && toRunRow(lastRun, pages), url: pages.job(job.id) };
}

const lastPipelineRun = pipelineFreshnessRow.shape.last_run.unwrap();
type LastPipelineRun = z.input<typeof lastPipelineRun>;

/** The newest pipeline run of a pipeline or a dataset. */
export const lastRunRow = lastPipelineRun
  .omit({ error_message: true, failure_summary: true })
  .extend({
    untrusted_error_message: z.string().nullable(),
    untrusted_failure_summary: z.string().nullable(),
  })
  .nullable();

export function toLastRunRow(run: LastPipelineRun | null) {
  if (!run) return null;
  const { error_message: message, failure_summary: summary, ...rest } = run;
  return { ...rest, untrusted_error_message: message, untrusted_failure_summary: summary };
}

/** A pipeline run of a job run, without fields that are only useful internally. */
export const pipelineRunRow = pipelineRunOfJobRun
  .omit({
    error_message: true,
    error_traceback: true,
    error_cause: true,
    load_packages: true,
    resources: true,
    os_name: true,
    os_version: true,
    dlt_plus_version: true,
  })
  .extend({
    untrusted_error_message: z.string().nullable(),
    untrusted_error_traceback: z.string().nullable(),
    untrusted_error_cause: z.string().nullable(),
    url,
  });

export function toPipelineRunRow(run: z.input<typeof pipelineRunOfJobRun>, pages: WorkspacePages) {
  const {
    error_message: message,
    error_traceback: traceback,
    error_cause: cause,
    load_packages: _packages,
    resources: _resources,
    os_name: _osName,
    os_version: _osVersion,
    dlt_plus_version: _plusVersion,
    ...rest
  } = run;
  return {
    ...rest,
    untrusted_error_message: message ?? null,
    untrusted_error_traceback: traceback ?? null,
    untrusted_error_cause: cause,
    url: pages.pipeline(run.pipeline_name),
  };
}
