import {
  jobRunComparisonResponse,
  jobRunTimelineResponse,
  jobRunLogComparisonResponse,
  runOverviewDetailResponse,
  runStatus,
  triggerKind,
  uuid,
} from '@pumphouse/contract';
import { z } from 'zod';
import {
  answerUrl,
  pageOf,
  pipelineRunRow,
  runRow,
  toPageOf,
  toPipelineRunRow,
  toRunRow,
  untrustedReason,
} from '../rows.ts';
import { defineTool, untrustedNote } from '../tool.ts';
import {
  instantArgument,
  namesArgument,
  pagingArguments,
  runArguments,
  searchArgument,
  listArgument,
  workspaceArgument,
} from './arguments.ts';
import { pagesOfWorkspace } from '../console-pages.ts';

export const listRuns = defineTool({
  name: 'list_runs',
  title: 'List runs',
  description: `Lists runs of jobs, newest first: status, cause, duration, loaded rows and, for failed runs, the reason in one line. ${untrustedNote}`,
  input: z.strictObject({
    ...workspaceArgument,
    job_id: uuid.optional().describe('Only runs of this job'),
    status: listArgument(runStatus).optional(),
    is_active: z
      .boolean()
      .optional()
      .describe('True for pending and running runs, false for runs that have ended'),
    since: instantArgument
      .optional()
      .describe('Only runs created at this instant or later, such as 2026-03-10T06:00:00Z'),
    until: instantArgument.optional().describe('Only runs created before this instant'),
    search: searchArgument
      .optional()
      .describe('Part of a job’s or a pipeline’s name, or the number of a run'),
    trigger_kind: listArgument(triggerKind).optional(),
    pipeline_name: namesArgument.optional(),
    include_skipped: z.boolean().default(false).describe('Also list declined starts'),
    ...pagingArguments,
  }),
  output: pageOf(runRow),
  rest: 'Call get_run for the details of a run.',
  async run({ workspace_id: workspaceId, since, until, search, ...filters }, { call, origin }) {
    const pages = pagesOfWorkspace(origin, workspaceId);
    const page = await call('list_run_overviews', {
      params: { workspace_id: workspaceId },
      query: { ...filters, q: search, start: since, end: until },
    });
    return toPageOf(page, pages.runs, (run) => toRunRow(run, pages));
  },
  summarize: ({ items, total }) => `${items.length} of ${total} runs.`,
});

const detailedRun = runOverviewDetailResponse
  .omit({ reason: true })
  .extend({ ...untrustedReason, ...answerUrl });

const { failure, phases, attempts } = jobRunTimelineResponse.shape;
const attempt = attempts.element.omit({ reason: true }).extend(untrustedReason);

export const getRun = defineTool({
  name: 'get_run',
  title: 'Read a run',
  description: `Returns the details of a run: its status, its cause, why it failed (failure: from Pumphouse; untrusted_reason: from its code), its phases with their durations, its attempts, and its pipeline runs with their tables, rows, steps and schema changes. Read its log with read_run_log. ${untrustedNote}`,
  input: z.strictObject(runArguments),
  output: z.looseObject({
    ...answerUrl,
    run: detailedRun,
    failure,
    phases,
    attempts: z.array(attempt),
    pipeline_runs: z.array(pipelineRunRow),
    are_pipeline_runs_cut: z.boolean(),
  }),
  rest: 'The url shows all of it in the console.',
  async run(params, { call, origin }) {
    const pages = pagesOfWorkspace(origin, params.workspace_id);
    const [overview, timeline, reported] = await Promise.all([
      call('get_run_overview', { params }),
      call('get_job_run_life', { params }),
      call('list_job_run_pipeline_runs', { params }),
    ]);
    return {
      url: pages.run(params.job_run_id),
      run: toRunRow(overview, pages),
      failure: timeline.failure,
      phases: timeline.phases,
      attempts: timeline.attempts.map(({ reason, ...rest }) => ({ ...rest, untrusted_reason: reason })),
      pipeline_runs: reported.pipeline_runs.map((run) => toPipelineRunRow(run, pages)),
      are_pipeline_runs_cut: reported.is_cut,
    };
  },
  summarize: ({ run, failure: failed }) =>
    `Run ${run.number} of ${run.job_ref} is ${run.status}${failed ? `: ${failed.code}` : ''}.`,
});

const { hunks, outcome } = jobRunLogComparisonResponse.shape;

export const compareRun = defineTool({
  name: 'compare_run_with_last_good',
  title: 'Compare a run with the last good one',
  description: `Compares a run with the last completed run of the same job before it: code, configuration, settings of the job, durations, rows by table, and log lines. Call it first for a run that suddenly fails. ${untrustedNote}`,
  input: z.strictObject({
    ...runArguments,
    base_run_id: uuid.optional().describe('Compare with this run of the job instead'),
  }),
  output: z.looseObject({
    ...answerUrl,
    comparison: jobRunComparisonResponse,
    log_outcome: outcome,
    untrusted_log_hunks: hunks.describe('Differences of the logs, ignoring times, ids and counts'),
  }),
  rest: 'The url shows the whole comparison in the console.',
  async run({ base_run_id: baseId, ...params }, { call, origin }) {
    const query = { base_id: baseId };
    const [comparison, logs] = await Promise.all([
      call('compare_job_runs', { params, query }),
      call('compare_job_run_logs', { params, query }),
    ]);
    return {
      url: pagesOfWorkspace(origin, params.workspace_id).comparison(params.job_run_id, baseId),
      comparison,
      log_outcome: logs.outcome,
      untrusted_log_hunks: logs.hunks,
    };
  },
  summarize: ({ comparison: { base, target } }) =>
    base
      ? `Run ${target.number} beside run ${base.number}.`
      : `No run of the job completed before run ${target.number}, so there is no run to compare with.`,
});
