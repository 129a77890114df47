import type { RepeatedLoad } from '../../../domain/pipelines/repeated-loads.ts';
import type { Queryable } from '../pool.ts';
import { columns } from '../statements/columns.ts';
import { named } from '../statements/named.ts';

export interface RepeatedLoadRecord extends RepeatedLoad {
  id: string;
  workspaceId: string;
  jobRunId: string;
  createdAt: Date;
}

const repeatedLoadColumns = columns('repeated_loads', [
  'id',
  'workspace_id',
  'job_run_id',
  'pipeline_name',
  'schema_name',
  'table_name',
  'load_id',
  'status',
  'rows',
  'statement',
  'is_examined',
  'created_at',
]);

/** More than a run repeats: each attempt tells of at most 20 tables of a pipeline. */
const maxOfRun = 500;

/** Stores tables that may have rows twice, by the run that loaded a job of them again. */
export function createRepeatedLoadStore(sql: Queryable) {
  return {
    /** Adds what the run of an attempt told of a table. A doubt does not replace what was found. */
    save: (attemptId: string, found: RepeatedLoad) =>
      sql.execute(
        named(
          `insert into repeated_loads as kept (workspace_id, job_run_id, pipeline_name, schema_name, table_name, load_id, status,
                  rows, statement, is_examined)
           select job_runs.workspace_id, job_runs.id, :pipelineName, :schemaName, :tableName, :loadId, :status, :rows::bigint,
                  :statement::text, :isExamined::boolean
             from attempts join job_runs on job_runs.id = attempts.job_run_id
            where attempts.id = :attemptId
              and (select count(*) from repeated_loads as others where others.job_run_id = job_runs.id) < :maxOfRun
           on conflict (job_run_id, pipeline_name, schema_name, table_name, load_id) do update
              set status = excluded.status, rows = excluded.rows, statement = excluded.statement, is_examined = excluded.is_examined
            where excluded.is_examined or not kept.is_examined`,
          { attemptId, ...found, maxOfRun },
        ),
      ),

    get: (id: string) =>
      sql.maybeOne<RepeatedLoadRecord>(
        named(`select ${repeatedLoadColumns} from repeated_loads where id = :id`, { id }),
      ),

    /** Lists the tables of a run, by name. */
    listOfRun: (jobRunId: string) =>
      sql.query<RepeatedLoadRecord>(
        named(
          `select ${repeatedLoadColumns} from repeated_loads where job_run_id = :jobRunId
            order by pipeline_name, table_name, load_id, schema_name`,
          { jobRunId },
        ),
      ),
  };
}
