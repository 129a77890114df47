import type { Queryable } from '../pool.ts';
import type { StoredChecks } from '../../../domain/pipelines/evaluate-checks.ts';
import { named } from '../statements/named.ts';

/** A pipeline run whose checks failed. */
export interface FailedChecksRecord {
  pipelineRunId: string;
  pipelineName: string;
  checks: StoredChecks | null;
}

/** Identifies a pipeline run by its trace. */
interface TraceKey {
  workspaceId: string;
  pipelineName: string;
  attemptId: string;
  transactionId: string;
}

/** Reads what checks of pipeline runs need of earlier runs, and the checks that failed. */
export function createPipelineCheckStore(sql: Queryable) {
  return {
    /** Reports whether another run of the pipeline is stored that has loaded. */
    async hasOtherRun({ workspaceId, pipelineName, attemptId, transactionId }: TraceKey): Promise<boolean> {
      const row = await sql.maybeOne(
        named(
          `select 1 from pipeline_runs
            where workspace_id = :workspaceId and pipeline_name = :pipelineName and status = 'succeeded'
              and (attempt_id, transaction_id) <> (:attemptId, :transactionId) limit 1`,
          { workspaceId, pipelineName, attemptId, transactionId },
        ),
      );
      return row !== undefined;
    },

    /** Finds when another run of the pipeline last loaded rows to a table, within a time before now. */
    async findLastLoad(key: TraceKey, table: string, withinSeconds: number): Promise<Date | null> {
      const { workspaceId, pipelineName, attemptId, transactionId } = key;
      const row = await sql.maybeOne<{ finishedAt: Date }>(
        named(
          `select coalesce(finished_at, created_at) as "finishedAt" from pipeline_runs
            where workspace_id = :workspaceId and pipeline_name = :pipelineName and total_rows_loaded > 0
              and created_at > now() - make_interval(secs => :withinSeconds)
              and (attempt_id, transaction_id) <> (:attemptId, :transactionId)
              and exists (select from json_array_elements(facts->'tables') as loaded
                           where loaded->>'tableName' = :table and (loaded->>'rowsLoaded')::numeric > 0)
            order by created_at desc limit 1`,
          { workspaceId, pipelineName, attemptId, transactionId, table, withinSeconds },
        ),
      );
      return row?.finishedAt ?? null;
    },

    /** Lists the pipeline runs of an attempt with failed checks, as they were reported. */
    listFailed: (attemptId: string) =>
      sql.query<FailedChecksRecord>(
        named(
          `select id as "pipelineRunId", pipeline_name as "pipelineName", checks from pipeline_runs
            where attempt_id = :attemptId and check_status = 'failed' order by created_at, id`,
          { attemptId },
        ),
      ),
  };
}
