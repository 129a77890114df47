import { copyFile, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createOnlineMigrations } from '@pumphouse/server/store/postgres/upgrades/online-migrations.ts';
import { migrate } from '@pumphouse/server/store/postgres/upgrades/migrate.ts';
import { migrationsFolder } from '@pumphouse/server/store/postgres/upgrades/migration-files.ts';
import { silentLog } from '../fixtures/test-postgres.ts';

/** The address of a database, as migrations take it. */
export type PostgresConnection = Parameters<typeof migrate>[0];

/** Lists the files of all migrations in their order. */
export async function listMigrationFiles(): Promise<string[]> {
  return (await readdir(migrationsFolder)).filter((name) => name.endsWith('.sql')).toSorted();
}

/** Returns the number of a file such as `0001_first.sql`. */
export function numberOf(name: string): number {
  return Number.parseInt(name, 10);
}

/**
 * Applies migrations one by one, online ones to their end: the folder that `migrate` reads grows by one file each time.
 * @param folder has the files of all migrations that the database has, or none of an empty database
 */
export function createMigrationSteps(connection: PostgresConnection, folder: string) {
  const online = createOnlineMigrations(connection, { log: silentLog, folder });
  const { signal } = new AbortController();

  /** @returns how long it took */
  async function apply(name: string): Promise<number> {
    await mkdir(folder, { recursive: true });
    await copyFile(join(migrationsFolder, name), join(folder, name));
    const startedAt = performance.now();
    await migrate(connection, { folder });
    while ((await online.advance(signal)) !== 'idle');
    return performance.now() - startedAt;
  }
  return { apply };
}
