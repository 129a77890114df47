import type { DatabaseConnection } from '../pool.ts';
import type { EmbeddedPaths } from './embedded.ts';
import type { PostgresBinaries, RunAs } from './postgres-binaries.ts';
import { rename, rm } from 'node:fs/promises';
import {
  choosePostgresUser,
  ensureDatabase,
  layOut,
  lockTimeoutSeconds,
  openSocketFolder,
  role,
  settings,
} from './embedded.ts';
import { connectForRestore } from '../backups/restore-target.ts';
import {
  ensureCluster,
  finishUpgrade,
  postgresPort as port,
  readClusterMajor,
  upgradedCluster,
} from './cluster.ts';
import { findFormerBinaries } from './former-binaries.ts';
import { findPostmaster, startPostmaster, stopPostmaster } from './postmaster.ts';
import { listServers } from '../server-registry.ts';
import { loadRows } from '../backups/load-snapshot.ts';
import { migrateTo } from '../upgrades/migrate.ts';
import { openSnapshot } from '../backups/snapshot.ts';
import { preparePostgresBinaries } from './postgres-binaries.ts';
import { withFolderLock } from './folder-lock.ts';

export interface UpgradeClusterOptions {
  dataDir: string;
  /** The folder of the former Postgres; null: looked for. */
  formerBinaries: string | null;
  onProgress: (step: string) => void;
}

export interface UpgradedCluster {
  fromMajor: number;
  toMajor: number;
  /** The former database, which is kept. */
  formerFolder: string;
}

/** The former version knows these settings, whatever its version is. */
const formerSettings = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  port: String(port),
  timezone: 'UTC',
};

/**
 * Moves the embedded database of a data folder to the major version of Postgres that this server runs: all rows are copied into a
 * new cluster, which then takes the place of the former one. Until then nothing of the former one changes; it can be repeated after a crash.
 * @returns null if there is nothing to do
 * @throws Error while a server or its Postgres runs, or if the former Postgres cannot be found
 */
export async function upgradeCluster(options: UpgradeClusterOptions): Promise<UpgradedCluster | null> {
  const paths = await layOut(options.dataDir);
  return withFolderLock(paths.lock, lockTimeoutSeconds, () => upgradeLocked(paths, options));
}

async function upgradeLocked(
  paths: EmbeddedPaths,
  { formerBinaries, onProgress }: UpgradeClusterOptions,
): Promise<UpgradedCluster | null> {
  await requireUnused(paths);
  const runAs = choosePostgresUser();
  const binaries = await preparePostgresBinaries(paths.binaries, runAs);
  const fromMajor = await readClusterMajor(paths.cluster);
  if (fromMajor === undefined && (await finishUpgrade(paths.cluster))) return null;
  if (fromMajor === undefined) throw new Error(`There is no embedded database in ${paths.root}.`);
  if (fromMajor === binaries.major) return null;
  if (fromMajor > binaries.major)
    throw new Error(
      `The database is of Postgres ${fromMajor}, which is newer than the Postgres ${binaries.major} of this version. Start the newer Pumphouse.`,
    );
  onProgress(`finding Postgres ${fromMajor}`);
  const former = await findFormerBinaries(fromMajor, {
    folder: formerBinaries,
    cacheFolder: paths.binaries,
    runAs,
  });
  await copyCluster(paths, { former, binaries, runAs }, onProgress);
  const formerFolder = `${paths.cluster}-${fromMajor}`;
  await rm(formerFolder, { recursive: true, force: true });
  await rename(paths.cluster, formerFolder);
  await finishUpgrade(paths.cluster);
  return { fromMajor, toMajor: binaries.major, formerFolder };
}

async function requireUnused(paths: EmbeddedPaths): Promise<void> {
  const servers = await listServers(paths.servers);
  if (servers.length > 0)
    throw new Error(
      `Stop the server first: process ${servers[0]?.pid} uses the data folder. Runs go on meanwhile.`,
    );
  const postmaster = await findPostmaster(paths.cluster);
  if (postmaster) await stopPostmaster(postmaster);
}

async function copyCluster(
  paths: EmbeddedPaths,
  { former, binaries, runAs }: { former: PostgresBinaries; binaries: PostgresBinaries; runAs: RunAs },
  onProgress: (step: string) => void,
): Promise<void> {
  const fresh = upgradedCluster(paths.cluster);
  await rm(fresh, { recursive: true, force: true });
  await ensureCluster(fresh, binaries, runAs, true);
  const setup = { logPath: paths.log, runAs };
  const running = [];
  try {
    running.push(
      await startPostmaster({ ...setup, folder: paths.cluster, binaries: former, settings: formerSettings }),
    );
    running.push(await startPostmaster({ ...setup, folder: fresh, binaries, settings }));
    await using from = await openSocketFolder(paths.cluster);
    await using to = await openSocketFolder(fresh);
    await ensureDatabase(to.path);
    const connect = (host: string): DatabaseConnection => ({ host, port, user: role, database: role });
    await copyRows(connect(from.path), connect(to.path), onProgress);
  } finally {
    for (const postmaster of running) await stopPostmaster(postmaster);
  }
}

async function copyRows(
  from: DatabaseConnection,
  to: DatabaseConnection,
  onTable: (step: string) => void,
): Promise<void> {
  const snapshot = await openSnapshot(from, { copiesAll: true });
  try {
    await migrateTo(to, snapshot.migrations);
    const client = await connectForRestore(to);
    try {
      const copies = new Map<string, () => number>();
      await loadRows(client, {
        tables: snapshot.tables.map((table) => ({ ...table, rows: () => copies.get(table.name)?.() ?? 0 })),
        sequences: snapshot.sequences,
        open(table) {
          const { content, rows } = snapshot.copyOut(table);
          copies.set(table.name, rows);
          return content;
        },
        onTable: (table) => onTable(`table ${table}`),
      });
    } finally {
      await client.end();
    }
  } finally {
    await snapshot.close();
  }
}
