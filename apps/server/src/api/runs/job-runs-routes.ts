import type { RequestUrls } from '../serializers/request-urls.ts';
import type { CancelledJobRun, RouteQuery, RouteResponseInput } from '@pumphouse/contract';
import type { CancelResult, CancelRuns } from '../../services/runs/cancel-runs.ts';
import type { EndUnknownRun } from '../../services/attempts/end-unknown-run.ts';
import type { Handlers } from '../handler.ts';
import type { JobRunFilter, JobRunRecord } from '../../store/records.ts';
import type { ReadJobRuns } from '../../services/runs/read-job-runs.ts';
import type { StartRuns } from '../../services/runs/start-runs.ts';
import { isTerminalRunState } from '@pumphouse/contract';
import { readPaging, toPage } from '../serializers/pages.ts';
import { readWindow } from '../../services/paging/read-page.ts';
import { stringifyPage } from '../serializers/shared-json.ts';
import { createRunDescriber, toDetailedJobRun } from './job-runs-serializers.ts';
import { isByViewer, workspaceOf } from '../handler.ts';

type Operations =
  | 'list_job_runs'
  | 'create_job_run'
  | 'cancel_job_runs'
  | 'get_job_run'
  | 'get_job_run_input'
  | 'cancel_job_run'
  | 'force_end_job_run';

export function createJobRunHandlers(services: {
  readJobRuns: ReadJobRuns;
  startRuns: StartRuns;
  cancelRuns: CancelRuns;
  endUnknownRun: EndUnknownRun;
}): Pick<Handlers, Operations> {
  const { readJobRuns, startRuns, cancelRuns, endUnknownRun } = services;

  async function detail(workspaceId: string, jobRunId: string, at: RequestUrls) {
    return toDetailedJobRun(await readJobRuns.get(workspaceId, jobRunId), at);
  }

  async function cancelMany(workspaceId: string, jobRunIds: readonly string[], isDryRun: boolean) {
    const ids = [...new Set(jobRunIds)];
    if (!isDryRun) return cancelRuns.cancelMany(workspaceId, ids);
    const runs = await readJobRuns.findMany(workspaceId, ids);
    return runs.map((run, index) => foresee(run, ids[index] ?? ''));
  }

  return {
    async list_job_runs({ params, query, reply, ...at }) {
      const downstream = {
        limit: query.downstream_job_runs_limit ?? null,
        category: query.downstream_job_runs_category ?? null,
      };
      const page = await readJobRuns.list(
        params.workspace_id,
        toFilter(query),
        readPaging(query, `list_job_runs ${params.workspace_id}`),
        downstream,
      );
      const answer = toPage(page, query, createRunDescriber(at));
      // Set the serializer only once the page exists, because it would also be used for an error.
      void reply.type('application/json; charset=utf-8').serializer(stringifyRuns);
      return answer;
    },

    get_job_run: (call) => detail(call.params.workspace_id, call.params.job_run_id, call),

    async get_job_run_input({ params }) {
      const { workspace_id: workspaceId, job_run_id: jobRunId } = params;
      const { input, usedAs } = await readJobRuns.getInput(workspaceId, jobRunId);
      return { job_run_id: jobRunId, input, used_as: usedAs };
    },

    async create_job_run(call) {
      const { body, reply } = call;
      const { workspaceId, membershipId } = workspaceOf(call);
      const { run, created } = await startRuns.createRun({
        workspaceId,
        membershipId,
        jobId: body.job_id,
        trigger: body.trigger,
        profile: body.profile ?? null,
        refresh: body.refresh,
        skipFreshness: body.skip_freshness,
        mode: body.mode ?? 'always',
        isByViewer: isByViewer(call),
      });
      void reply.code(created ? 201 : 200);
      return toDetailedJobRun(await readJobRuns.describeOne(run, { isNew: created }), call);
    },

    async cancel_job_run({ params, ...at }) {
      await cancelRuns.cancel(params.workspace_id, params.job_run_id);
      return detail(params.workspace_id, params.job_run_id, at);
    },

    async force_end_job_run({ params, ...at }) {
      await endUnknownRun.forceOf(params.workspace_id, params.job_run_id);
      return detail(params.workspace_id, params.job_run_id, at);
    },

    async cancel_job_runs({ params, body }) {
      const results = await cancelMany(params.workspace_id, body.job_run_ids, body.dry_run);
      const refs = await readJobRuns.refsOf(
        results.flatMap((result) => ('run' in result ? [result.run] : [])),
      );
      const receipt = {
        succeeded: [] as CancelledJobRun[],
        skipped: [] as CancelledJobRun[],
        failed: [] as { ref: string; detail: string }[],
      };
      for (const result of results) {
        if (result.outcome === 'not-found') {
          receipt.failed.push({
            ref: result.jobRunId,
            detail: 'The job run does not exist in the workspace.',
          });
        } else {
          const ref = refs.get(result.run.jobId) ?? '';
          const isCancelled = result.outcome === 'cancelling';
          const previousStatus = isCancelled ? result.previousStatus : result.run.status;
          receipt[isCancelled ? 'succeeded' : 'skipped'].push(toCancelled(result.run, ref, previousStatus));
        }
      }
      return receipt;
    },
  };
}

function stringifyRuns(page: RouteResponseInput<'list_job_runs'>): string {
  const text: unknown = stringifyPage(page, {
    shared: ['job'],
    lasting: ['job_version'],
    lastingWithin: ['job_definition'],
  });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Fastify sends bytes too; its type knows only text
  return text as string;
}

/** Runs of the dashboard are hidden unless the query names a job or an upstream run. */
function toFilter(query: RouteQuery<'list_job_runs'>): JobRunFilter {
  const isPointedAt = query.job_id !== undefined || query.previous_job_run_id !== undefined;
  return {
    ...readWindow(query),
    search: query.q ?? null,
    jobId: query.job_id ?? null,
    number: query.number ?? null,
    statuses: query.status ?? null,
    jobTypes: query.job_type ?? null,
    previousJobRunId: query.previous_job_run_id ?? null,
    triggers: query.trigger ?? null,
    triggerKinds: query.trigger_kind ?? null,
    triggeredBy: query.triggered_by ?? null,
    profiles: query.profile ?? null,
    minDurationSeconds: query.min_duration_seconds ?? null,
    maxDurationSeconds: query.max_duration_seconds ?? null,
    includeSystemJobs: query.include_system_job_runs || isPointedAt,
  };
}

/** The outcome of cancelling, for a dry run. */
function foresee(run: JobRunRecord | undefined, jobRunId: string): CancelResult {
  if (!run) return { outcome: 'not-found', jobRunId };
  if (isTerminalRunState(run.status)) return { outcome: 'finished', run };
  return { outcome: 'cancelling', run, previousStatus: run.status };
}

function toCancelled(run: JobRunRecord, jobRef: string, previousStatus: string): CancelledJobRun {
  return { job_ref: jobRef, job_run_id: run.id, job_run_number: run.number, previous_status: previousStatus };
}
