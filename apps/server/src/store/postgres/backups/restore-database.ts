import type { AppliedMigration } from '../upgrades/plan-migrations.ts';
import type { DatabaseConnection } from '../pool.ts';
import type { RestoreTarget } from './restore-target.ts';
import { clearSchema, connectForRestore, inspectTarget, markRestored } from './restore-target.ts';
import { loadSnapshot, type LoadedSnapshot } from './load-snapshot.ts';
import { migrate, migrateTo } from '../upgrades/migrate.ts';

/** A database into which a backup is restored. */
export interface RestoreDatabase {
  /** Finds out whether a backup can be restored. It changes nothing. */
  inspect(): Promise<RestoreTarget>;
  /**
   * Replaces an empty schema by one with exactly these migrations.
   * @throws MigrationError if this version lacks one of them
   */
  createSchema(migrations: readonly Pick<AppliedMigration, 'number' | 'name' | 'sha256'>[]): Promise<void>;
  /** Loads all rows in one transaction. Servers do not start on them before `finish`. */
  load(snapshot: LoadedSnapshot): Promise<void>;
  /** Applies the migrations that are newer than the backup. */
  migrate(): Promise<unknown>;
  /** The last step: servers may start. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a database for a restore, without migrating it. */
export async function openRestoreDatabase(connection: DatabaseConnection): Promise<RestoreDatabase> {
  const client = await connectForRestore(connection);
  return {
    inspect: () => inspectTarget(client),
    async createSchema(migrations) {
      await clearSchema(client);
      await migrateTo(connection, migrations);
    },
    load: (snapshot) => loadSnapshot(client, snapshot),
    migrate: () => migrate(connection),
    finish: () => markRestored(client),
    close: () => client.end(),
  };
}
