import type { Command } from 'commander';
import { createBackup, createBackupKey, listBackups, restoreBackup, verifyBackup } from './backup.ts';

const locationOption = [
  '--location <url>',
  'where the backups are: file:// and a path, or s3://bucket/prefix (default: PUMPHOUSE_BACKUP_URL)',
] as const;
const keyOption = [
  '--key-file <file>',
  'secret key of encrypted backups, as `backup create-key` writes it',
] as const;
const backupArgument = ['[backup]', 'id of the backup', 'latest'] as const;

/** Declares `backup` and its commands. */
export function addBackupCommands(program: Command): void {
  const backup = program
    .command('backup')
    .description('Back up the server of these settings, list and verify backups, and restore one');

  backup
    .command('create')
    .description('Make a backup, while servers run; only what the last backup lacks is copied again')
    .option(...locationOption)
    .option(
      '--recipient <key>',
      'public key to encrypt for, age1...; repeatable (default: PUMPHOUSE_BACKUP_RECIPIENTS)',
      (value: string, values: string[] | undefined) => [...(values ?? []), value],
    )
    .option('--scheduled', 'record it as the backup of the schedule; servers use this')
    .option('--json', 'as JSON')
    .action(createBackup);

  backup
    .command('list')
    .description('List the backups, newest first')
    .option(...locationOption)
    .option('--json', 'as JSON')
    .action(listBackups);

  backup
    .command('verify')
    .description(
      'Read a backup whole and compare it with its hashes; the exit code is 1 if it cannot be restored',
    )
    .argument(...backupArgument)
    .option(...locationOption)
    .option(...keyOption)
    .option('--quick', 'only check that all files are there, with their sizes')
    .option('--json', 'as JSON')
    .action(verifyBackup);

  backup
    .command('restore')
    .description(
      'Restore a backup into the empty database and the blobs of these settings; needs the secret key of the former server',
    )
    .argument(...backupArgument)
    .option(...locationOption)
    .option(...keyOption)
    .option(
      '--replace',
      'the original server is gone: continue as its installation, not as a copy with an installation id of its own',
    )
    .action(restoreBackup);

  backup
    .command('create-key')
    .description(
      'Create a pair of keys for encrypted backups: the secret key into a file, the public key to standard output',
    )
    .requiredOption('--output <file>', 'new file for the secret key')
    .action(createBackupKey);
}
