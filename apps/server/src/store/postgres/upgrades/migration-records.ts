import type { Client } from 'pg';
import type { AppliedMigration } from './plan-migrations.ts';
import type { Migration } from './migration-files.ts';
import serverPackage from '../../../../package.json' with { type: 'json' };

/** Creates the tables of the migrations if they are missing. A start that changes nothing takes no lock. */
export async function prepareRecords(client: Client): Promise<void> {
  const { rows } = await client.query<{ hasTable: boolean; hasRelease: boolean; hasOnline: boolean }>(`
    SELECT to_regclass('schema_migrations') IS NOT NULL AS "hasTable",
           EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('schema_migrations')
                      AND attname = 'release' AND NOT attisdropped) AS "hasRelease",
           to_regclass('online_migrations') IS NOT NULL AS "hasOnline"`);
  const [found] = rows;
  if (!found?.hasTable)
    await client.query(`
      CREATE TABLE schema_migrations (
        number integer PRIMARY KEY,
        name text NOT NULL,
        compatibility text NOT NULL CHECK (compatibility IN ('compatible', 'breaking')),
        sha256 text NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now(),
        release text
      )`);
  else if (!found.hasRelease) await client.query('ALTER TABLE schema_migrations ADD COLUMN release text');
  // Online migrations that have begun. The row goes when the migration has ended.
  if (!found?.hasOnline)
    await client.query(`
      CREATE TABLE online_migrations (
        number integer PRIMARY KEY,
        name text NOT NULL,
        started_at timestamptz NOT NULL DEFAULT now(),
        last_key text,
        done_rows bigint NOT NULL DEFAULT 0,
        total_rows bigint,
        failure text,
        failed_at timestamptz
      )`);
}

/** Reads the applied migrations in the order of their numbers. */
export async function readApplied(client: Client): Promise<AppliedMigration[]> {
  const { rows } = await client.query<AppliedMigration>(
    'SELECT number, name, compatibility, sha256, release FROM schema_migrations ORDER BY number',
  );
  return rows;
}

/** Records a migration as applied by this version, in the transaction that is open, if any. */
export async function recordApplied(
  client: Client,
  { number, name, compatibility, sha256 }: Migration,
): Promise<void> {
  await client.query(
    'INSERT INTO schema_migrations (number, name, compatibility, sha256, release) VALUES ($1, $2, $3, $4, $5)',
    [number, name, compatibility, sha256, serverPackage.version],
  );
}
