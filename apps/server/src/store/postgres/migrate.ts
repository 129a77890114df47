import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { clientConfig } from './pool.ts';
import type { DatabaseConnection } from './pool.ts';

/** The migrations of this server. */
export const migrationsFolder = fileURLToPath(new URL('../migrations/', import.meta.url));

type Compatibility = 'compatible' | 'breaking';

interface Migration {
  number: number;
  name: string;
  /** Whether servers that do not know this migration can still work with the resulting schema. */
  compatibility: Compatibility;
  sql: string;
  sha256: string;
}

export type AppliedMigration = Omit<Migration, 'sql'>;

/**
 * The schema does not fit the migrations of this server; nothing was changed after the last migration that
 * fits.
 */
export class MigrationError extends Error {
  override name = 'MigrationError';
}

const fileName = /^(\d{4})_[a-z0-9_]+\.sql$/;
const firstLine = /^-- (compatible|breaking)\r?\n/;
// Any number works, as long as all versions of Pumphouse use the same.
const lockKey = 7_082_211;

/**
 * Migrates the schema to the last migration in `folder` (files `NNNN_name.sql` whose first line is `--
 * compatible` or `-- breaking`), each in its own transaction, and returns the names of those it applied.
 * Concurrent callers wait for each other. Unknown migrations are accepted if they are compatible, so that the
 * servers of an installation can be upgraded one by one. Rejects with a MigrationError if the schema contains
 * an unknown breaking migration, if an applied file has changed, or if a file comes before an applied one.
 */
export async function migrate(connection: DatabaseConnection, folder = migrationsFolder): Promise<string[]> {
  const known = await readMigrations(folder);
  const client = new Client({ ...clientConfig(connection), statement_timeout: 0 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    // A session lock: ending the connection releases it in any case.
    await client.query('SELECT pg_advisory_lock($1)', [lockKey]);
    const pending = findPending(known, await readApplied(client));
    for (const migration of pending) await apply(client, migration);
    return pending.map(({ name }) => name);
  } finally {
    await client.end();
  }
}

/** Reads the migrations of a folder in their order. */
export async function readMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).toSorted();
  const migrations = await Promise.all(names.map((name) => readMigration(folder, name)));
  for (const [index, { number, name }] of migrations.entries()) {
    const before = migrations[index - 1];
    if (before?.number === number) {
      throw new MigrationError(`${before.name} and ${name} have the same number`);
    }
  }
  return migrations;
}

async function readMigration(folder: string, name: string): Promise<Migration> {
  const number = fileName.exec(name)?.[1];
  if (number === undefined) throw new MigrationError(`${name} is not named like 0001_first.sql`);
  const sql = await readFile(join(folder, name), 'utf8');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the pattern matches these words only
  const compatibility = firstLine.exec(sql)?.[1] as Compatibility | undefined;
  if (compatibility === undefined) {
    throw new MigrationError(`${name} does not begin with a line "-- compatible" or "-- breaking"`);
  }
  const sha256 = createHash('sha256').update(sql).digest('hex');
  return { number: Number(number), name, compatibility, sql, sha256 };
}

async function readApplied(client: Client): Promise<AppliedMigration[]> {
  await client.query(`
    CREATE TABLE IF NOT EXISTS schema_migrations (
      number integer PRIMARY KEY,
      name text NOT NULL,
      compatibility text NOT NULL CHECK (compatibility IN ('compatible', 'breaking')),
      sha256 text NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT now()
    )`);
  const { rows } = await client.query<AppliedMigration>(
    'SELECT number, name, compatibility, sha256 FROM schema_migrations ORDER BY number',
  );
  return rows;
}

/**
 * Selects the migrations that a schema lacks.
 * @throws MigrationError if they do not fit the applied ones
 */
export function findPending(known: Migration[], applied: AppliedMigration[]): Migration[] {
  const filesByNumber = new Map(known.map((migration) => [migration.number, migration]));
  for (const { number, name, compatibility, sha256 } of applied) {
    const file = filesByNumber.get(number);
    if (file === undefined && compatibility === 'breaking') {
      throw new MigrationError(
        `The database was brought forward by a newer Pumphouse (${name}), with which this version cannot work. Start the newer version.`,
      );
    }
    if (file !== undefined && file.sha256 !== sha256) {
      throw new MigrationError(
        `${file.name} has changed since it was applied: an applied migration is final`,
      );
    }
  }
  const appliedNumbers = new Set(applied.map(({ number }) => number));
  const pending = known.filter(({ number }) => !appliedNumbers.has(number));
  const [first, last] = [pending[0], applied.at(-1)];
  if (first !== undefined && last !== undefined && first.number < last.number) {
    throw new MigrationError(`${first.name} comes before ${last.name}, which the database already has`);
  }
  return pending;
}

async function apply(client: Client, migration: Migration): Promise<void> {
  const { number, name, compatibility, sql, sha256 } = migration;
  await client.query('BEGIN');
  try {
    await client.query(sql);
    await client.query(
      'INSERT INTO schema_migrations (number, name, compatibility, sha256) VALUES ($1, $2, $3, $4)',
      [number, name, compatibility, sha256],
    );
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw new MigrationError(`${name}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
