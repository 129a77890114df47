import { readConfig, upgradeCluster } from '@pumphouse/server/operator';

/** Moves the embedded database to the Postgres of this version. */
export async function upgradeDatabase(options: { binaries?: string }): Promise<void> {
  const config = readConfig();
  if (config.databaseUrl !== null)
    throw new Error(
      'PUMPHOUSE_DATABASE_URL names an external Postgres, which is upgraded with its own tools, such as pg_upgrade.',
    );
  const upgraded = await upgradeCluster({
    dataDir: config.dataDir,
    formerBinaries: options.binaries ?? null,
    onProgress: write,
  });
  if (upgraded === null) return write('The database is of the Postgres version that this server runs.');
  write(`The database moved from Postgres ${upgraded.fromMajor} to ${upgraded.toMajor}.`);
  write(`The former one is in ${upgraded.formerFolder}. Remove it when the server works.`);
}

function write(line: string): void {
  process.stderr.write(`${line}\n`);
}
