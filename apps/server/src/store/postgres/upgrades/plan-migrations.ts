import type { Migration, OnlineMigration } from './migration-files.ts';
import { MigrationError } from './migration-files.ts';
import serverPackage from '../../../../package.json' with { type: 'json' };

/** A row of `schema_migrations`. */
export interface AppliedMigration extends Pick<Migration, 'number' | 'name' | 'compatibility' | 'sha256'> {
  /** The version of Pumphouse that applied it; null before versions were recorded. */
  release: string | null;
}

/** What a schema lacks. */
export interface MigrationPlan {
  /** Migrations that a start applies, in this order, with the online ones that they require. */
  start: Migration[];
  /** Online migrations that servers apply after their start, in this order. */
  online: OnlineMigration[];
}

/**
 * Decides when to apply the migrations that a schema lacks. A start applies all of them to an empty schema, because nothing
 * waits for their locks.
 * @throws MigrationError if they do not fit the applied ones
 */
export function planMigrations(
  known: readonly Migration[],
  applied: readonly AppliedMigration[],
): MigrationPlan {
  requireKnownFiles(known, applied);
  const appliedNumbers = new Set(applied.map(({ number }) => number));
  const pending = known.filter(({ number }) => !appliedNumbers.has(number));
  if (applied.length === 0) return { start: pending, online: [] };
  const inOrder = pending.filter(({ online }) => online === null);
  requireNewNumbers(inOrder, known, applied);
  const required = Math.max(0, ...inOrder.map(({ requires }) => requires ?? 0));
  return {
    start: pending.filter(({ online, number }) => online === null || number <= required),
    online: pending.filter(isOnline).filter(({ number }) => number > required),
  };
}

/** Tells whether a migration is an online one. */
export function isOnline(migration: Migration): migration is OnlineMigration {
  return migration.online !== null;
}

function requireKnownFiles(known: readonly Migration[], applied: readonly AppliedMigration[]): void {
  const filesByNumber = new Map(known.map((migration) => [migration.number, migration]));
  for (const { number, name, compatibility, sha256 } of applied) {
    const file = filesByNumber.get(number);
    if (file === undefined && compatibility === 'breaking')
      throw new MigrationError(
        `The database was brought forward by a newer Pumphouse (${name}), with which this version cannot work. Start the newer version.`,
      );
    if (file !== undefined && file.sha256 !== sha256)
      throw new MigrationError(
        `${file.name} has changed since it was applied: an applied migration is final`,
      );
  }
  requireOneReleaseBehind(applied.filter(({ number }) => !filesByNumber.has(number)));
}

/** A migration is compatible with the servers of one release before it, and with no older ones. */
function requireOneReleaseBehind(unknown: readonly AppliedMigration[]): void {
  const releases = [...new Set(unknown.flatMap(({ release }) => release ?? []))];
  if (releases.length <= 1) return;
  throw new MigrationError(
    `The database was brought forward by Pumphouse ${releases.at(-1)}, ${releases.length} releases after this one (${serverPackage.version}), with which this version cannot work. Start Pumphouse ${releases.at(-1)} or a newer one.`,
  );
}

/** Online migrations may end in any order, so they neither come too late nor make others late. */
function requireNewNumbers(
  pending: readonly Migration[],
  known: readonly Migration[],
  applied: readonly AppliedMigration[],
): void {
  const online = new Set(known.filter(isOnline).map(({ number }) => number));
  const [first, last] = [pending[0], applied.filter(({ number }) => !online.has(number)).at(-1)];
  if (first !== undefined && last !== undefined && first.number < last.number)
    throw new MigrationError(`${first.name} comes before ${last.name}, which the database already has`);
}
