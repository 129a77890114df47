import type { Queryable } from '../pool.ts';
import { named } from '../statements/named.ts';

/** An archive, which several versions may share if one was rolled back to another. */
export interface StoredArchive {
  key: string;
  /** When the newest of its versions was created. */
  at: Date;
  isNeeded: boolean;
}

const tables = [
  { name: 'deployments', reference: 'deployment_id' },
  { name: 'configurations', reference: 'configuration_id' },
];

/**
 * True for the newest version of a workspace, and for a version that a run uses, because the run may need it
 * or be inspected with it.
 */
const isVersionNeeded = ({ name, reference }: (typeof tables)[number]) => `(
  not exists (select 1 from ${name} newer where newer.workspace_id = ${name}.workspace_id and newer.version > ${name}.version)
  or exists (select 1 from job_runs where job_runs.${reference} = ${name}.id))`;

/**
 * Retention of the archives of deployments and configurations. Their rows are kept, so the file list of a
 * version stays readable forever.
 */
export function createStoredPackages(sql: Queryable) {
  return {
    /** Lists every archive that was not removed, oldest first. */
    list: () =>
      sql.query<StoredArchive>(
        `${tables
          .map(
            (
              table,
            ) => `select archive_key as key, max(created_at) as at, bool_or(${isVersionNeeded(table)}) as "isNeeded"
                          from ${table.name} where archive_removed_at is null group by archive_key`,
          )
          .join(' union all ')} order by at, key`,
      ),

    /**
     * Removes archives, within a transaction. The locks make it wait for, and see, a run that is being
     * created from a version.
     * @returns the keys of the removed archives
     */
    async remove(keys: readonly string[]): Promise<string[]> {
      const removed: string[] = [];
      for (const table of tables) {
        await sql.execute(
          named(`select 1 from ${table.name} where archive_key = any(:keys) order by id for update`, {
            keys,
          }),
        );
        const rows = await sql.query<{ key: string }>(
          named(
            `with going as (
               select archive_key from ${table.name} where archive_key = any(:keys) and archive_removed_at is null
                group by archive_key having not bool_or(${isVersionNeeded(table)})
             ), marked as (
               update ${table.name} set archive_removed_at = now() from going
                where ${table.name}.archive_key = going.archive_key
             ), noted as (
               insert into storage_removals (kind, target) select 'blob', jsonb_build_object('key', archive_key) from going
             )
             select archive_key as key from going`,
            { keys },
          ),
        );
        removed.push(...rows.map((row) => row.key));
      }
      return removed;
    },

    /** Returns those of the keys that a version references. */
    findStored: async (keys: readonly string[]) => {
      const rows = await sql.query<{ key: string }>(
        named(
          tables
            .map(({ name }) => `select archive_key as key from ${name} where archive_key = any(:keys)`)
            .join(' union '),
          { keys },
        ),
      );
      return new Set(rows.map((row) => row.key));
    },
  };
}
