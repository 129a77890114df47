import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { locateFile } from '../../../platform/program-files.ts';

/** The migrations of this server. */
export const migrationsFolder = locateFile('apps/server/src/store/migrations/');

type Compatibility = 'compatible' | 'breaking';

/** A file of the migrations folder. */
export interface Migration {
  number: number;
  name: string;
  /** Whether servers that do not know this migration can still work with the resulting schema. */
  compatibility: Compatibility;
  /** The work of an online migration; null for one that the start applies in a transaction. */
  online: OnlineWork | null;
  /** The last online migration that must have ended before this one; null for none. */
  requires: number | null;
  sql: string;
  sha256: string;
}

/** An online migration with its work. */
export type OnlineMigration = Migration & { online: OnlineWork };

/** The work of an online migration. */
export type OnlineWork =
  /** Statements that run one after the other, each outside of a transaction. */
  | { kind: 'statements'; statements: string[] }
  /** A statement that runs for ranges of a key: `$1` is the first key of a batch, `$2` the last. */
  | { kind: 'batches'; table: string; key: string; statement: string };

/**
 * The schema does not fit the migrations of this server; nothing was changed after the last migration that
 * fits.
 */
export class MigrationError extends Error {
  override name = 'MigrationError';
}

const fileName = /^(\d{4})_[a-z0-9_]+\.sql$/;
const compatibleLine = /^-- (compatible|breaking)(?:, requires (\d{4}))?\r?\n/;
const onlineLine = /^-- online(?: batches of ([a-z_]+) by ([a-z_]+))?\r?\n/;

/**
 * Reads the migrations of a folder in their order.
 * @throws MigrationError for a name or a first line that is not allowed, and for two files with one number
 */
export async function readMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).toSorted();
  const migrations = await Promise.all(names.map((name) => readMigration(folder, name)));
  for (const [index, { number, name, requires }] of migrations.entries()) {
    const before = migrations[index - 1];
    if (before?.number === number)
      throw new MigrationError(`${before.name} and ${name} have the same number`);
    if (requires === null) continue;
    const required = migrations.slice(0, index).find((migration) => migration.number === requires);
    if (!required?.online)
      throw new MigrationError(`${name} requires ${requires}, which is no online migration before it`);
  }
  return migrations;
}

let ownMigrations: Promise<Migration[]> | null = null;

/** Reads the migrations of this server, once: their files do not change while it runs. */
export function readOwnMigrations(): Promise<Migration[]> {
  return (ownMigrations ??= readMigrations(migrationsFolder));
}

async function readMigration(folder: string, name: string): Promise<Migration> {
  const number = fileName.exec(name)?.[1];
  if (number === undefined) throw new MigrationError(`${name} is not named like 0001_first.sql`);
  const sql = await readFile(join(folder, name), 'utf8');
  const sha256 = createHash('sha256').update(sql).digest('hex');
  return { number: Number(number), name, sql, sha256, ...parseMigration(name, sql) };
}

/**
 * Reads the first line of a migration and the work of an online one.
 * @throws MigrationError if the line is not allowed
 */
export function parseMigration(
  name: string,
  sql: string,
): Pick<Migration, 'compatibility' | 'online' | 'requires'> {
  const online = onlineLine.exec(sql);
  if (online) return { compatibility: 'compatible', requires: null, online: readWork(name, sql, online) };
  const compatible = compatibleLine.exec(sql);
  if (!compatible)
    throw new MigrationError(
      `${name} does not begin with a line "-- compatible", "-- breaking" or "-- online"`,
    );
  return {
    compatibility: compatible[1] === 'breaking' ? 'breaking' : 'compatible',
    requires: compatible[2] === undefined ? null : Number(compatible[2]),
    online: null,
  };
}

function readWork(name: string, sql: string, [, table, key]: RegExpExecArray): OnlineWork {
  const statements = splitStatements(sql);
  const [statement] = statements;
  if (statement === undefined) throw new MigrationError(`${name} has no statement`);
  if (table === undefined || key === undefined) return { kind: 'statements', statements };
  if (statements.length > 1) throw new MigrationError(`${name} has more than one statement for a batch`);
  return { kind: 'batches', table, key, statement };
}

/** Splits at semicolons that end a line: the statements of online migrations have no bodies with others. */
function splitStatements(sql: string): string[] {
  return sql
    .replaceAll(/^\s*--.*$/gm, '')
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}
