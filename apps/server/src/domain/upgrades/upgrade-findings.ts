/** What an operator should know before the first start of a new version. Pure. */
import type { Finding } from '../doctor/check-result.ts';
import { formatBytes } from '../primitives/format-bytes.ts';
import { ok, problem, skipped, warning } from '../doctor/check-result.ts';

export interface SchemaInput {
  /** Migrations that this version applies. */
  pending: readonly string[];
  /** Those of them that servers of the present version cannot work with. */
  breaking: readonly string[];
  /** Online migrations among the pending ones: the start takes as long as they do. */
  required: readonly string[];
  /** Migrations that servers apply after their start. */
  online: readonly string[];
  /** Why this version cannot work with the database; null if it can. */
  failure: string | null;
}

export function deriveSchemaFinding({ pending, breaking, required, online, failure }: SchemaInput): Finding {
  if (failure !== null)
    return problem(
      failure,
      'A database cannot go back. Start the version that last used it, or a newer one.',
    );
  const [first, last] = [pending[0], pending.at(-1)];
  const later = describeOnline(online);
  if (first === undefined || last === undefined)
    return ok(online.length === 0 ? 'This version has no migrations to apply.' : later.trim());
  const range = pending.length === 1 ? first : `${pending.length} migrations, ${first} to ${last}`;
  if (breaking.length > 0)
    return warning(
      `The first start applies ${range}. Servers of the present version cannot work with ${breaking.join(', ')}.${later}`,
      'Stop all servers before you start this version. Runs go on meanwhile.',
    );
  if (required.length > 0)
    return warning(
      `The first start applies ${range}. It must finish ${required.join(', ')} first, which can take long on a large database.${later}`,
      'Wait until doctor of the present version shows no online migrations, or plan time for the start.',
    );
  return ok(`The first start applies ${range}. Servers of the present version can go on meanwhile.${later}`);
}

function describeOnline(online: readonly string[]): string {
  if (online.length === 0) return '';
  return ` Servers of this version then apply ${online.join(', ')} while they work.`;
}

/** @param clusterMajor of the embedded database; null for an external one, or none */
export function derivePostgresFinding(clusterMajor: number | null, ownMajor: number): Finding {
  if (clusterMajor === null)
    return skipped('The database is external: its Postgres is upgraded apart from Pumphouse.');
  if (clusterMajor === ownMajor) return ok(`The embedded database is of Postgres ${ownMajor}, as before.`);
  if (clusterMajor > ownMajor)
    return problem(
      `The embedded database is of Postgres ${clusterMajor}; this version runs Postgres ${ownMajor}.`,
      'A database cannot go back. Start the newer version of Pumphouse.',
    );
  return warning(
    `The embedded database is of Postgres ${clusterMajor}; this version runs Postgres ${ownMajor}.`,
    'Stop the server, run bin/pumphouse upgrade-database of this version, then start it.',
  );
}

const recentMs = 24 * 3_600_000;

/** @param lastCompletedAt null: there is no backup */
export function deriveRecentBackupFinding(lastCompletedAt: Date | null, now: Date): Finding {
  const nextStep =
    'Make one first: bin/pumphouse backup create. It is the only way back to the present version.';
  if (lastCompletedAt === null) return warning('There is no backup.', nextStep);
  const found = `The last backup is of ${lastCompletedAt.toISOString()}.`;
  return now.getTime() - lastCompletedAt.getTime() > recentMs ? warning(found, nextStep) : ok(found);
}

/** A migration may write a table again, and an upgrade of Postgres writes all. */
export function deriveUpgradeSpaceFinding({
  freeBytes,
  databaseBytes,
}: {
  freeBytes: number;
  databaseBytes: number;
}): Finding {
  const found = `${formatBytes(freeBytes)} are free; the database has ${formatBytes(databaseBytes)}.`;
  return freeBytes < databaseBytes
    ? warning(
        found,
        'Free as much space as the database has: a migration may write its largest tables again.',
      )
    : ok(found);
}

/** @param warnings of settings that this version does not know */
export function deriveUpgradeSettingsFinding(warnings: readonly string[]): Finding {
  if (warnings.length === 0) return ok('This version knows all settings.');
  return warning(warnings.join(' '), 'Change these settings, or remove them.');
}
