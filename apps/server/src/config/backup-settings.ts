/** Reads where backups go, and when; only `config.ts` uses this module. */
import { z } from 'zod';
import type { BlobsLocation } from '../blobs/blobs-location.ts';
import type { KeepPolicy } from '../domain/backups/keep-policy.ts';
import { ConfigError } from './config-error.ts';
import { findCronProblem } from '../domain/scheduling/cron.ts';
import { isSameLocation } from '../blobs/blobs-location.ts';
import { parseKeepPolicy } from '../domain/backups/keep-policy.ts';
import { settingDetails } from './setting-details.ts';

export const backupSettings = {
  PUMPHOUSE_BACKUP_URL: z.url().optional().register(settingDetails, {
    key: 'backup.url',
    description:
      'Where backups are stored: a folder as file:// or `s3://bucket/prefix`; the server then backs up on its schedule. See [backup](backup.md)',
    example: 's3://my-backups/pumphouse',
  }),
  PUMPHOUSE_BACKUP_SCHEDULE: z.string().default('0 2 * * *').register(settingDetails, {
    key: 'backup.schedule',
    description: 'When a server with the role `scheduler` makes a backup: a cron expression in UTC, or `off`',
  }),
  PUMPHOUSE_BACKUP_KEEP: z.string().default('7d,4w,6m').register(settingDetails, {
    key: 'backup.keep',
    description: 'Backups to keep: the newest one of that many days, weeks and months; `all` keeps all',
    form: 'list',
  }),
  PUMPHOUSE_BACKUP_RECIPIENTS: z.string().optional().register(settingDetails, {
    key: 'backup.recipients',
    description:
      'Public keys for which backups are encrypted, `age1...`, separated by commas; see [backup](backup.md#encryption)',
    form: 'list',
    example: 'age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p',
  }),
} as const;

type Values = z.output<z.ZodObject<typeof backupSettings>>;

export interface BackupConfig {
  /** Null: no backups are scheduled. */
  location: BlobsLocation | null;
  /** A cron expression in UTC; null: backups are made by hand only. */
  schedule: string | null;
  /** Null: all are kept. */
  keep: KeepPolicy | null;
  /** Empty: backups are not encrypted. */
  recipients: string[];
}

interface BackupSurroundings {
  blobs: BlobsLocation;
  /** @throws ConfigError */
  readLocation: (setting: string, url: string) => BlobsLocation;
}

/** @throws ConfigError */
export function readBackupConfig(values: Values, { blobs, readLocation }: BackupSurroundings): BackupConfig {
  const url = values.PUMPHOUSE_BACKUP_URL;
  const location = url ? readLocation('PUMPHOUSE_BACKUP_URL', url) : null;
  if (location && isSameLocation(location, blobs))
    throw new ConfigError(
      'PUMPHOUSE_BACKUP_URL is where the blobs are. Choose another folder or prefix, best on another disk or machine.',
    );
  return {
    location,
    schedule: readSchedule(values.PUMPHOUSE_BACKUP_SCHEDULE),
    keep: readKeep(values.PUMPHOUSE_BACKUP_KEEP),
    recipients: readRecipients(values.PUMPHOUSE_BACKUP_RECIPIENTS ?? ''),
  };
}

function readSchedule(text: string): string | null {
  if (text === 'off') return null;
  const problem = findCronProblem(text);
  if (problem !== null)
    throw new ConfigError(
      `PUMPHOUSE_BACKUP_SCHEDULE: ${problem}. Write a cron expression such as 0 2 * * *, or off.`,
    );
  return text;
}

function readKeep(text: string): KeepPolicy | null {
  if (text === 'all') return null;
  const policy = parseKeepPolicy(text);
  if (policy === null)
    throw new ConfigError(
      `PUMPHOUSE_BACKUP_KEEP is ${text}. Write how many days, weeks and months keep a backup, such as 7d,4w,6m, or all.`,
    );
  return policy;
}

/** @throws ConfigError */
export function readRecipients(text: string): string[] {
  const recipients = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  for (const recipient of recipients) {
    if (/^age-secret-key-/i.test(recipient))
      throw new ConfigError(
        'PUMPHOUSE_BACKUP_RECIPIENTS contains a secret key. Give the public key, which begins with age1.',
      );
    if (!/^age1[02-9ac-hj-np-z]{58}$/.test(recipient))
      throw new ConfigError(
        `PUMPHOUSE_BACKUP_RECIPIENTS: ${recipient} is not a public key of age. bin/pumphouse backup create-key makes a pair.`,
      );
  }
  return recipients;
}
