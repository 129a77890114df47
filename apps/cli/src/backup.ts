import type { BackupManifest } from '@pumphouse/server/operator';
import {
  BackupError,
  createServerLog,
  describeLeftOut,
  formatBytes,
  makeBackupKey,
  openBackups,
  openCreateBackup,
  openStore,
  readBackupKeys,
  readBackupLocation,
  readConfig,
  readRecipients,
  restore,
  sumStoredBytes,
} from '@pumphouse/server/operator';
import { readFile, writeFile } from 'node:fs/promises';
import { actAsOperator } from './operator.ts';
import { formatTable } from './table.ts';

interface LocationOptions {
  location?: string;
  keyFile?: string;
  json?: true;
}

/** Makes a backup of the server of the settings. */
export async function createBackup(
  options: LocationOptions & { recipient?: string[]; scheduled?: true },
): Promise<void> {
  const config = readConfig();
  const location = readBackupLocation(options.location ?? null);
  const recipients = options.recipient
    ? readRecipients(options.recipient.join(','))
    : config.backup.recipients;
  const startedAt = Date.now();
  const opened = await openStore(config, createServerLog({ ...config, logLevel: 'warn' }));
  try {
    const create = openCreateBackup(config, opened, { location, recipients });
    const isScheduled = options.scheduled === true;
    const created = await actAsOperator(() => create({ isScheduled }));
    const { manifest, addedBytes, removedBackups, pruneProblem } = created;
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
    if (options.json) {
      writeJson({ ...summarize(manifest), added_bytes: addedBytes, removed: removedBackups });
      return;
    }
    write(
      `Backup ${manifest.id}: ${manifest.counts.runs} runs, ${manifest.blobs.count} blobs, ${formatBytes(addedBytes)} added in ${seconds} s.`,
    );
    if (manifest.blobs.missingLogs > 0)
      write(`${manifest.blobs.missingLogs} logs are not in it: their files were lost before.`);
    if (pruneProblem !== null) write(`Older backups were not removed: ${pruneProblem} Remove its manifest.`);
    if (removedBackups.length > 0)
      write(`Removed ${removedBackups.length} older backups (PUMPHOUSE_BACKUP_KEEP).`);
    writeLeftOut(manifest);
    if (manifest.encryption === null)
      write(
        'It is not encrypted. It has no secret key: keep secret.key in another place, a restore needs it.',
      );
  } catch (error) {
    // Two servers with the same schedule: one of them makes the backup.
    if (!options.scheduled || !isBackupRunning(error)) throw error;
  } finally {
    await opened.close();
  }
}

/** Lists the backups of a location, newest first. */
export async function listBackups(options: LocationOptions): Promise<void> {
  const backups = openBackups(readBackupLocation(options.location ?? null), []);
  const manifests = (await backups.list()).toReversed();
  if (options.json) return writeJson(manifests.map(summarize));
  if (manifests.length === 0) return write(`No backups in ${backups.location}.`);
  const rows = manifests.map((manifest) => [
    manifest.id,
    manifest.takenAt,
    String(manifest.counts.runs),
    formatBytes(sumStoredBytes(manifest)),
    manifest.encryption === null ? 'no' : 'yes',
    manifest.release,
  ]);
  process.stdout.write(
    formatTable([['backup', 'taken at', 'runs', 'size', 'encrypted', 'version'], ...rows]),
  );
}

/** Checks a backup. The exit code is 1 if it cannot be restored. */
export async function verifyBackup(id: string, options: LocationOptions & { quick?: true }): Promise<void> {
  const backups = openBackups(
    readBackupLocation(options.location ?? null),
    await readIdentities(options.keyFile),
  );
  const manifest = await backups.find(id);
  const verified = options.quick
    ? { problems: await backups.findMissingFiles(manifest), hasReadContent: false }
    : await backups.verify(manifest);
  const { problems, hasReadContent } = verified;
  if (problems.length > 0) process.exitCode = 1;
  if (options.json)
    return writeJson({ id: manifest.id, ok: problems.length === 0, problems, read_content: hasReadContent });
  if (problems.length > 0) {
    write(`Backup ${manifest.id} cannot be restored:`);
    for (const problem of problems) write(`  ${problem}`);
    return;
  }
  write(
    options.quick
      ? `Backup ${manifest.id}: all files are there.`
      : `Backup ${manifest.id}: all files are as they were written.${hasReadContent ? '' : ' They are encrypted; with --key-file, their content is read too.'}`,
  );
  writeLeftOut(manifest);
}

/** Restores a backup into the empty database of the settings. */
export async function restoreBackup(
  id: string,
  options: LocationOptions & { replace?: true },
): Promise<void> {
  const config = readConfig();
  const startedAt = Date.now();
  const from = {
    location: readBackupLocation(options.location ?? null),
    identities: await readIdentities(options.keyFile),
    id,
    replacesOriginal: options.replace === true,
  };
  const log = createServerLog({ ...config, logLevel: 'warn' });
  const { manifest, installationId, endedRuns } = await actAsOperator(() =>
    restore(config, from, { log, onProgress: write }),
  );
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  write(
    `Restored backup ${manifest.id} of ${manifest.takenAt} in ${seconds} s: ${manifest.counts.runs} runs, ${manifest.blobs.count} blobs.`,
  );
  if (endedRuns > 0)
    write(`${endedRuns} runs were active and have failed as lost; jobs with retries start again.`);
  writeLeftOut(manifest);
  for (const line of installationId === manifest.installationId ? replacementSteps : copySteps) write(line);
}

const replacementSteps = [
  'It continues as the same installation. Never start the original again: both would manage the same runs and blobs.',
  'Next: start the server. Schedules go on: each job starts once for what it missed.',
  'Then run bin/pumphouse admin leftovers: runs that the original started after the backup are listed as unknown on a shared engine or cluster. Remove them with --remove --unknown.',
];

const copySteps = [
  'It is a copy with an installation id of its own: it does not touch runs, containers or blobs of the original.',
  'If the original is gone, restore again into an empty database with --replace: workers, the prefix of blobs and the location of backups belong to the original.',
  'Next: to look at the copy, start it with PUMPHOUSE_ROLES=api. With other roles, schedules and queued runs start here as well, and load to the same destinations as the original.',
  'Before you start it with all roles, set PUMPHOUSE_BACKUP_URL to another location, or turn backups off.',
];

/** Creates a pair of keys for encrypted backups. */
export async function createBackupKey({ output }: { output: string }): Promise<void> {
  const { identity, recipient } = await makeBackupKey();
  await writeFile(output, `# public key: ${recipient}\n${identity}\n`, { mode: 0o600, flag: 'wx' });
  process.stdout.write(`${recipient}\n`);
  write(
    `The secret key is in ${output}. Keep it away from the server: without it, encrypted backups are lost.`,
  );
  write('Next: set PUMPHOUSE_BACKUP_RECIPIENTS to the public key above.');
}

async function readIdentities(file: string | undefined): Promise<string[]> {
  return file === undefined ? [] : readBackupKeys(await readFile(file, 'utf8'));
}

function isBackupRunning(error: unknown): boolean {
  return error instanceof BackupError && error.code === 'backup_running';
}

function summarize(manifest: BackupManifest) {
  return {
    id: manifest.id,
    taken_at: manifest.takenAt,
    finished_at: manifest.finishedAt,
    version: manifest.release,
    encrypted: manifest.encryption !== null,
    runs: manifest.counts.runs,
    active_runs: manifest.counts.activeRuns,
    blobs: manifest.blobs.count,
    local_data: manifest.localData ?? null,
    missing_logs: manifest.blobs.missingLogs,
    stored_bytes: sumStoredBytes(manifest),
  };
}

function writeLeftOut(manifest: BackupManifest): void {
  const leftOut = describeLeftOut(manifest);
  if (leftOut !== null) write(leftOut);
}

function writeJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

function write(line: string): void {
  process.stderr.write(`${line}\n`);
}
