import type { CallReadOperation } from '../../api/call-operation.ts';
import {
  jobInputsResponse,
  jobNextTicksResponse,
  jobOverviewResponse,
  jobType,
  jobVersionResponse,
  maximumNextStarts,
  nextStartsResponse,
  runStatus,
  triggerKind,
  uuid,
} from '@pumphouse/contract';
import { z } from 'zod';
import { answerUrl, jobRow, pageOf, toJobRow, toPageOf } from '../rows.ts';
import { defineTool, untrustedNote } from '../tool.ts';
import {
  namesArgument,
  pagingArguments,
  searchArgument,
  listArgument,
  workspaceArgument,
} from './arguments.ts';
import { pagesOfWorkspace } from '../console-pages.ts';

export const listJobs = defineTool({
  name: 'list_jobs',
  title: 'List jobs',
  description: `Lists the jobs of a workspace, each with its triggers, its next start, its state, its last run and, if it fails, since when and how often (failing_since). For jobs that fail now, use status ["failed"]. ${untrustedNote}`,
  input: z.strictObject({
    ...workspaceArgument,
    search: searchArgument.optional().describe('Part of the name or the ref'),
    status: listArgument(runStatus).optional().describe('The state of the job, an active run, or skipped'),
    trigger_kind: listArgument(triggerKind).optional(),
    job_type: listArgument(jobType).optional(),
    tags: namesArgument.optional().describe('With any of these tags'),
    is_paused: z.boolean().optional(),
    is_archived: z.boolean().optional(),
    sort: z.enum(['name', 'last_run_at', 'next_start_at']).default('name'),
    ...pagingArguments,
  }),
  output: pageOf(jobRow),
  rest: 'Call get_job for the details of a job.',
  async run({ workspace_id: workspaceId, search, sort, ...filters }, { call, origin }) {
    const pages = pagesOfWorkspace(origin, workspaceId);
    const page = await call('list_job_overviews', {
      params: { workspace_id: workspaceId },
      query: { ...filters, q: search, sort: [sort], order: [sort === 'last_run_at' ? 'desc' : 'asc'] },
    });
    return toPageOf(page, pages.jobs, (job) => toJobRow(job, pages));
  },
  summarize: ({ items, total }) => `${items.length} of ${total} jobs.`,
});

const version = jobVersionResponse.omit({ job_definition: true });

export const getJob = defineTool({
  name: 'get_job',
  title: 'Read a job',
  description: `Returns the details of a job: its deployed definition, its triggers with their next ticks, the inputs that a start takes, its last 20 runs (newest last), and since when it fails. ${untrustedNote}`,
  input: z.strictObject({
    ...workspaceArgument,
    job_id: uuid.describe('Id of the job, as returned by list_jobs'),
  }),
  output: z.looseObject({
    ...answerUrl,
    job: jobRow.extend({ recent_runs: jobOverviewResponse.shape.recent_runs }),
    version: version.nullable(),
    definition: z
      .record(z.string(), z.unknown())
      .nullable()
      .describe('The deployed definition; null if it is too long for a response'),
    next_ticks: jobNextTicksResponse.shape.triggers,
    input_schema: jobInputsResponse.shape.input_schema.describe('JSON schema of the input of a start'),
  }),
  rest: 'The url shows all of it in the console.',
  async run({ workspace_id: workspaceId, job_id: jobId }, { call, origin }) {
    const pages = pagesOfWorkspace(origin, workspaceId);
    const params = { workspace_id: workspaceId, job_id: jobId };
    const [job, { triggers }, { input_schema: inputSchema }] = await Promise.all([
      call('get_job', { params, query: {} }),
      call('list_job_next_ticks', { params, query: {} }),
      call('get_job_inputs', { params }),
    ]);
    const overview = await findOverview(call, workspaceId, job);
    const definition = job.current_version?.job_definition ?? {};
    return {
      url: pages.job(jobId),
      job: { ...toJobRow(overview, pages), recent_runs: overview.recent_runs },
      version: job.current_version ? withoutDefinition(job.current_version) : null,
      definition: JSON.stringify(definition).length > maxDefinitionLength ? null : definition,
      next_ticks: triggers,
      input_schema: inputSchema,
    };
  },
  summarize: ({ job }) =>
    job.failing_since
      ? `${job.ref} has failed ${job.failing_since.count} times since ${job.failing_since.at}.`
      : `${job.ref} does not fail; its last run is ${job.last_run?.status ?? 'none'}.`,
});

function withoutDefinition({ job_definition: _definition, ...version }: z.input<typeof jobVersionResponse>) {
  return version;
}

/** Limit in UTF-16 units of JSON. */
const maxDefinitionLength = 8000;

/** Finds the job's overview by searching for its ref, which few other jobs contain. */
async function findOverview(
  call: CallReadOperation,
  workspaceId: string,
  job: { id: string; job_ref: string },
): Promise<z.input<typeof jobOverviewResponse>> {
  let cursor: string | undefined;
  do {
    const query = { q: job.job_ref, sort: ['name' as const], order: ['asc' as const], cursor };
    const page = await call('list_job_overviews', { params: { workspace_id: workspaceId }, query });
    const found = page.items.find(({ id }) => id === job.id);
    if (found) return found;
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  throw new Error(`The job ${job.id} is not in the list of its workspace`);
}

export const listNextStarts = defineTool({
  name: 'list_next_starts',
  title: 'List next starts',
  description:
    'Lists the next starts in a workspace: scheduled ticks, runs that wait for capacity or for their next attempt, and deferred starts, each with what blocks it (blocked). Starts without a time come first.',
  input: z.strictObject({
    ...workspaceArgument,
    limit: z.int().min(1).max(maximumNextStarts).default(20).describe('Maximum number of rows'),
  }),
  output: z.looseObject({ ...answerUrl, ...nextStartsResponse.shape }),
  rest: 'The url shows all of them in the console.',
  async run({ workspace_id: workspaceId, limit }, { call, origin }) {
    const starts = await call('list_next_starts', {
      params: { workspace_id: workspaceId },
      query: { limit },
    });
    return { url: pagesOfWorkspace(origin, workspaceId).overview, ...starts };
  },
  summarize: ({ items, is_truncated: isCut }) =>
    `The next ${items.length} starts${isCut ? '; there are more' : ''}.`,
});
