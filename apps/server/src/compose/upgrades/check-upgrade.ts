import type { Config } from '../../config/config.ts';
import type { EmbeddedLog } from '../../store/postgres/embedded/embedded.ts';
import type { Finding } from '../../domain/doctor/check-result.ts';
import { readDiskSpace } from '../../platform/disk-space.ts';
import { choosePostgresUser, layOut, startEmbeddedPostgres } from '../../store/postgres/embedded/embedded.ts';
import { createDatabase, type DatabaseConnection } from '../../store/postgres/pool.ts';
import { createPersistence, type Persistence } from '../../store/store.ts';
import {
  derivePostgresFinding,
  deriveRecentBackupFinding,
  deriveSchemaFinding,
  deriveUpgradeSettingsFinding,
  deriveUpgradeSpaceFinding,
} from '../../domain/upgrades/upgrade-findings.ts';
import { preparePostgresBinaries } from '../../store/postgres/embedded/postgres-binaries.ts';
import { problem, skipped } from '../../domain/doctor/check-result.ts';
import { readClusterMajor } from '../../store/postgres/embedded/cluster.ts';

/** A finding with a stable id. */
export interface UpgradeFinding extends Finding {
  id: 'backup' | 'postgres' | 'schema' | 'settings' | 'space';
  title: string;
}

/**
 * Checks whether this version can take over the installation of the settings, before it is started. The embedded database is
 * started if it does not run; nothing is migrated.
 */
export async function checkUpgrade(config: Config, log: EmbeddedLog): Promise<UpgradeFinding[]> {
  const postgres = await checkPostgres(config);
  const settings = deriveUpgradeSettingsFinding(config.warnings);
  const ofDatabase = await openDatabase(config, log, postgres, (persistence) =>
    checkDatabase(config, persistence),
  );
  return [
    { id: 'postgres', title: 'Postgres', ...postgres },
    { id: 'schema', title: 'Database schema', ...ofDatabase.schema },
    { id: 'backup', title: 'Backup', ...ofDatabase.backup },
    { id: 'space', title: 'Disk', ...ofDatabase.space },
    { id: 'settings', title: 'Settings', ...settings },
  ];
}

type DatabaseFindings = Record<'backup' | 'schema' | 'space', Finding>;

async function checkPostgres(config: Config): Promise<Finding> {
  if (config.databaseUrl !== null) return derivePostgresFinding(null, 0);
  const paths = await layOut(config.dataDir);
  const { major } = await preparePostgresBinaries(paths.binaries, choosePostgresUser());
  const clusterMajor = await readClusterMajor(paths.cluster);
  if (clusterMajor === undefined)
    return problem(
      `There is no embedded database in ${config.dataDir}.`,
      'Set PUMPHOUSE_DATA_DIR to that of the server.',
    );
  return derivePostgresFinding(clusterMajor, major);
}

async function openDatabase(
  { databaseUrl, dataDir }: Config,
  log: EmbeddedLog,
  postgres: Finding,
  check: (persistence: Persistence) => Promise<DatabaseFindings>,
): Promise<DatabaseFindings> {
  if (databaseUrl === null && postgres.status !== 'ok') {
    const unread = skipped('The database cannot be read with the Postgres of this version.');
    return { backup: unread, schema: unread, space: unread };
  }
  const embedded = databaseUrl === null ? await startEmbeddedPostgres({ dataDir, log }) : null;
  const connection: DatabaseConnection | undefined = databaseUrl ?? embedded?.connection;
  if (!connection) throw new Error('There is no database to connect to');
  const database = createDatabase(connection, { maxConnections: 2 });
  try {
    return await check(createPersistence(database));
  } finally {
    await database.close();
    await embedded?.stop();
  }
}

async function checkDatabase(config: Config, { store }: Persistence): Promise<DatabaseFindings> {
  const { databaseState, backups } = store;
  const [migrations, { sizeBytes }, now] = [
    await databaseState.readMigrations(),
    await databaseState.readState(),
    await store.installation.readClock(),
  ];
  const hasBackups = !migrations.pending.some((name) => name.endsWith('_backups.sql'));
  const last = hasBackups && migrations.failure === null ? await backups.findLast('completed') : undefined;
  return {
    schema: deriveSchemaFinding(migrations),
    backup: deriveRecentBackupFinding(last?.startedAt ?? null, now),
    space:
      config.databaseUrl === null
        ? await checkSpace(config.dataDir, sizeBytes)
        : skipped('The database is external.'),
  };
}

async function checkSpace(dataDir: string, databaseBytes: number): Promise<Finding> {
  const { freeBytes } = await readDiskSpace(dataDir);
  return deriveUpgradeSpaceFinding({ freeBytes, databaseBytes });
}
