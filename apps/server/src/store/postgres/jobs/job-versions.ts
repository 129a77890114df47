import type { JobVersionContent, JobVersionRecord, VersionSortKey } from './job-records.ts';
import type { Queryable } from '../pool.ts';
import type { RowList, SortColumn } from '../statements/keyset.ts';
import { columns } from '../statements/columns.ts';
import { contentColumns } from './job-columns.ts';
import { countRows, orderOf, readRange, walk } from '../statements/keyset.ts';
import { createConditions } from '../statements/conditions.ts';
import { named } from '../statements/named.ts';
import { parseDefinitions, withDefinitions } from './parse-definitions.ts';

const versionColumns = columns('job_versions', [
  'id',
  'job_id',
  'version',
  'profile',
  'created_by',
  'created_at',
]);

/** Reads the versions of jobs. */
export function createJobVersionStore(sql: Queryable) {
  return {
    listVersions: (jobId: string) => listVersions(sql, jobId),

    getVersions: (versionIds: readonly string[]) =>
      withDefinitions(
        sql.prepared<JobVersionRecord>(
          named(`select ${versionColumns}, ${contentColumns} from job_versions where id = any(:versionIds)`, {
            versionIds,
          }),
        ),
      ),
  };
}

/**
 * Stores a version of a job.
 * @returns its id
 */
export async function insertVersion(
  sql: Queryable,
  { jobId, version }: { jobId: string; version: number },
  content: JobVersionContent,
  createdBy: string,
): Promise<string> {
  const row = await sql.one<{ id: string }>(
    named(
      `insert into job_versions (job_id, version, definition, definition_hash, engine_version, description, profile,
                                 max_run_time_seconds, created_by)
       values (:jobId, :version, :definition, :definitionHash, :engineVersion, :description, :profile, :maxRunTimeSeconds,
               :createdBy) returning id`,
      { ...content, jobId, version, definition: JSON.stringify(content.definition), createdBy },
    ),
  );
  return row.id;
}

const versionNumber: SortColumn = { sql: 'job_versions.version', type: 'bigint', isNullable: false };

/**
 * Lists the versions of a job. Numbers grow with time, so age and number have the same order. Newest first
 * unless sorted.
 */
function listVersions(sql: Queryable, jobId: string): RowList<JobVersionRecord, VersionSortKey> {
  const from = 'job_versions';
  const whereJob = () => {
    const where = createConditions();
    where.add('job_versions.job_id = ?', jobId);
    return where;
  };
  return {
    async read(range) {
      const where = whereJob();
      const sortable = { created_at: versionNumber, version: versionNumber };
      const order = orderOf(sortable, range.sorting, { newest: versionNumber, id: 'job_versions.id' });
      const text = walk({ columns: `${versionColumns}, ${contentColumns}`, from, where }, order, range);
      const statement = { text, where, isPrepared: range.offset === 0 };
      const page = await readRange<JobVersionRecord>(sql, statement, range);
      return { ...page, rows: parseDefinitions(page.rows) };
    },
    count: (atMost) => countRows(sql, { from, where: whereJob() }, atMost, { isPrepared: true }),
  };
}
