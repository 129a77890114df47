/** What was found about the database, as findings. Pure. */
import type { Finding } from './check-result.ts';
import { ok, problem, warning } from './check-result.ts';
import { formatBytes } from '../primitives/format-bytes.ts';

export interface DatabaseInput {
  /** Version and settings of Postgres. */
  version: string;
  /** Such as 160004. */
  versionNumber: number;
  isReadOnly: boolean;
  sizeBytes: number;
  isEmbedded: boolean;
}

const minVersionNumber = 140_000;

export function deriveDatabaseFinding(input: DatabaseInput): Finding {
  const { version, versionNumber, isReadOnly, sizeBytes, isEmbedded } = input;
  if (versionNumber < minVersionNumber)
    return problem(`The database is Postgres ${version}. Pumphouse needs 14 or newer.`, 'Upgrade Postgres.');
  if (isReadOnly)
    return problem(
      `The database is a read-only replica (Postgres ${version}).`,
      'Set PUMPHOUSE_DATABASE_URL to the primary.',
    );
  const kind = isEmbedded ? 'The embedded database' : 'The database';
  return ok(`${kind} answers: Postgres ${version}, ${formatBytes(sizeBytes)}.`);
}

export interface ConnectionsInput {
  maxConnections: number;
  reservedConnections: number;
  usedConnections: number;
  /** What one server takes at most. */
  serverConnections: number;
}

export function deriveConnectionsFinding(input: ConnectionsInput): Finding {
  const { maxConnections, reservedConnections, usedConnections, serverConnections } = input;
  const available = maxConnections - reservedConnections;
  const found = `${usedConnections} of ${available} connections are in use. A server takes up to ${serverConnections}.`;
  const next = `Raise max_connections of Postgres (now ${maxConnections}) to ${serverConnections} for each server and some more for others.`;
  if (available < serverConnections) return problem(found, next);
  return available - usedConnections < 5 ? warning(found, next) : ok(found);
}

export interface DurabilityInput {
  fsync: boolean;
  fullPageWrites: boolean;
  /** Value of `synchronous_commit`. */
  synchronousCommit: string;
}

export function deriveDurabilityFinding({
  fsync,
  fullPageWrites,
  synchronousCommit,
}: DurabilityInput): Finding {
  const off = [...(fsync ? [] : ['fsync']), ...(fullPageWrites ? [] : ['full_page_writes'])];
  if (off.length > 0)
    return problem(
      `${off.join(' and ')} of Postgres ${off.length === 1 ? 'is' : 'are'} off. A crash of the machine can destroy the database.`,
      `Set ${off.map((name) => `${name} = on`).join(' and ')} in postgresql.conf and reload Postgres.`,
    );
  if (synchronousCommit === 'off')
    return warning(
      'synchronous_commit of Postgres is off. A crash can lose the last changes, so that a run may start twice.',
      'Set synchronous_commit = on for the database of Pumphouse.',
    );
  return ok('Postgres writes every commit to disk (fsync is on).');
}

export interface MigrationsInput {
  /** Migrations that the next start applies. */
  pending: readonly string[];
  /** Migrations of a newer version that this one can work with. */
  newer: readonly string[];
  /** Why this version cannot work with the schema; null if it can. */
  failure: string | null;
  /** Whether the schema is that of a running server of this version. */
  isServer: boolean;
}

export function deriveMigrationsFinding({ pending, newer, failure, isServer }: MigrationsInput): Finding {
  if (failure !== null)
    return problem(failure, 'Start the version of Pumphouse that last used this database.');
  if (newer.length > 0)
    return warning(
      `A newer version has changed the schema (${newer.at(-1)}). This version can work with it.`,
      'Upgrade this server too.',
    );
  if (pending.length === 0) return ok('The schema is that of this version.');
  if (isServer) return problem(`The schema lacks ${pending.join(', ')}.`, 'Restart this server.');
  return ok(`The next start of a server applies ${pending.length} migrations.`);
}

export interface OnlineMigrationInput {
  name: string;
  /** Null if it has not begun, or cannot be known. */
  percent: number | null;
  /** Why it failed last; null if it did not. */
  failure: string | null;
}

/**
 * @param unfinished online migrations, in their order: servers work on the first one
 * @param isPaused by a setting
 */
export function deriveOnlineMigrationsFinding(
  unfinished: readonly OnlineMigrationInput[],
  isPaused: boolean,
): Finding {
  const [current] = unfinished;
  if (current === undefined) return ok('All online migrations have ended.');
  if (current.failure !== null)
    return warning(
      `An online migration failed, and is tried again: ${current.failure}`,
      'Fix the cause. The migration goes on by itself within 10 minutes.',
    );
  const progress = current.percent === null ? 'has not ended' : `is ${current.percent} % done`;
  const others = unfinished.length === 1 ? '' : `, and ${unfinished.length - 1} more wait for it`;
  const found = `The online migration ${current.name} ${progress}${others}.`;
  return isPaused
    ? warning(`${found} It is paused.`, 'Set PUMPHOUSE_ONLINE_MIGRATIONS=1 to let it go on.')
    : ok(`${found} Servers work on it while they run.`);
}

const maxSkewSeconds = 60;
const lowSkewSeconds = 5;

/** @param skewSeconds how far the clock of this machine is ahead of that of the database */
export function deriveClockFinding(skewSeconds: number): Finding {
  const seconds = Math.abs(skewSeconds);
  if (seconds < lowSkewSeconds) return ok('The clocks of this machine and of the database agree.');
  const found = `The clock of this machine is ${Math.round(seconds)} s ${skewSeconds > 0 ? 'ahead of' : 'behind'} that of the database.`;
  const next = 'Synchronize both with NTP: timedatectl set-ntp true';
  return seconds < maxSkewSeconds ? warning(found, next) : problem(found, next);
}
