import type { Handlers } from '../handler.ts';
import type { PendingPackageResponse } from '@pumphouse/contract';
import type { PendingPackageRecord } from '../../store/records.ts';
import type { PendingPackages } from '../../services/pipelines/pending-packages.ts';
import { workspaceOf } from '../handler.ts';

type Operations = 'list_pending_packages' | 'finish_pending_packages' | 'drop_pending_packages';

export function createPendingPackageHandlers(services: {
  pendingPackages: PendingPackages;
}): Pick<Handlers, Operations> {
  const { pendingPackages } = services;
  return {
    async list_pending_packages({ params, query }) {
      const packages = await pendingPackages.list(params.workspace_id, {
        pipelineName: query.pipeline_name ?? null,
        jobRunId: query.job_run_id ?? null,
        onlyPending: query.only_pending ?? false,
      });
      return { packages: packages.map(toPendingPackage) };
    },

    async finish_pending_packages(call) {
      const { workspaceId, membershipId } = workspaceOf(call);
      const run = await pendingPackages.finish({
        workspaceId,
        membershipId,
        pipelineName: call.params.pipeline_name,
        profile: call.body.profile,
      });
      void call.reply.code(201);
      return { job_run_id: run.id, job_run_number: run.number };
    },

    async drop_pending_packages({ params, body }) {
      const { packageCount, sizeBytes } = await pendingPackages.drop({
        workspaceId: params.workspace_id,
        pipelineName: params.pipeline_name,
        profile: body.profile,
      });
      return { package_count: packageCount, size_bytes: sizeBytes };
    },
  };
}

function toPendingPackage(record: PendingPackageRecord): PendingPackageResponse {
  return {
    id: record.id,
    pipeline_name: record.pipelineName,
    profile: record.profile,
    load_id: record.loadId,
    schema_name: record.schemaName,
    step: record.step,
    table_names: record.tableNames,
    row_counts: (record.rowCounts ?? []).map(({ tableName, rows }) => ({ table_name: tableName, rows })),
    size_bytes: record.sizeBytes,
    jobs_left: record.jobsLeft,
    jobs_done: record.jobsDone,
    tries: record.tries,
    created_at: record.createdAt.toISOString(),
    state: record.state,
    ended_at: record.endedAt?.toISOString() ?? null,
    drop_requested_at: record.dropRequestedAt?.toISOString() ?? null,
    extracted_by: toRun(record.jobRunId, record.runNumber, record.jobRef),
    ended_by: toRun(record.endedByJobRunId, record.endedByRunNumber, record.endedByJobRef),
  };
}

function toRun(id: string | null, number: number | null, jobRef: string | null) {
  return id === null ? null : { id, number, job_ref: jobRef };
}
