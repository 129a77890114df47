/** Looks at the database, without changing it. */
import type { DoctorContext, Looks } from './doctor-context.ts';
import type { DatabaseState } from '../../store/records.ts';
import type { Finding } from '../../domain/doctor/check-result.ts';
import {
  deriveClockFinding,
  deriveConnectionsFinding,
  deriveDatabaseFinding,
  deriveDurabilityFinding,
  deriveMigrationsFinding,
  deriveOnlineMigrationsFinding,
} from '../../domain/doctor/database-findings.ts';
import { isDatabaseOpen } from './doctor-context.ts';
import { skipped } from '../../domain/doctor/check-result.ts';
import { serverConnections } from '../open-store.ts';

type DatabaseChecks =
  'database' | 'migrations' | 'online_migrations' | 'database_connections' | 'database_durability' | 'clock';

export function createDatabaseLooks({ config, database, server }: DoctorContext): Looks<DatabaseChecks> {
  if (!isDatabaseOpen(database)) {
    const further = async () => skipped('The database cannot be read.');
    return {
      database: async () => database,
      migrations: further,
      online_migrations: further,
      database_connections: further,
      database_durability: further,
      clock: further,
    };
  }
  const { databaseState, installation } = database.store;
  let state: Promise<DatabaseState> | null = null;
  const ofState = (derive: (state: DatabaseState) => Finding) => async () =>
    derive(await (state ??= databaseState.readState()));
  return {
    database: ofState((read) => deriveDatabaseFinding({ ...read, isEmbedded: config.databaseUrl === null })),
    migrations: async () =>
      deriveMigrationsFinding({ ...(await databaseState.readMigrations()), isServer: server !== null }),
    online_migrations: async () =>
      deriveOnlineMigrationsFinding(await databaseState.readOnlineMigrations(), !config.onlineMigrations),
    database_connections: ofState((read) => deriveConnectionsFinding({ ...read, serverConnections })),
    database_durability: ofState(deriveDurabilityFinding),
    async clock() {
      const beforeMs = Date.now();
      const databaseMs = (await installation.readClock()).getTime();
      // The database read its clock at some time in between.
      return deriveClockFinding(skewBetween(databaseMs, beforeMs, Date.now()) / 1000);
    },
  };
}

/** How far the clock of this machine is ahead, in milliseconds; 0 if the database's is between both readings. */
function skewBetween(databaseMs: number, beforeMs: number, afterMs: number): number {
  if (databaseMs < beforeMs) return beforeMs - databaseMs;
  return databaseMs > afterMs ? afterMs - databaseMs : 0;
}
