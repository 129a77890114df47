import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import { addressSettings } from './address-settings.ts';
import { alertsSettings } from './alerts-settings.ts';
import { appsSettings } from './apps-settings.ts';
import { backupSettings } from './backup-settings.ts';
import { blobsSettings } from './blobs-settings.ts';
import { capacitySettings } from './capacity-settings.ts';
import { databaseSettings } from './database-settings.ts';
import { engineSettings } from './engine-settings.ts';
import { executorSettings } from './executor-settings.ts';
import { kubernetesSettings } from './kubernetes-settings.ts';
import { limitsSettings } from './limits-settings.ts';
import { mailSettings } from './mail-settings.ts';
import { observabilitySettings } from './observability-settings.ts';
import { openIdSettings } from './open-id-settings.ts';
import { playgroundSettings } from './playground-settings.ts';
import { retentionSettings } from './retention-settings.ts';
import { roleSettings } from './role-settings.ts';
import { secretKeySettings } from './secret-key-settings.ts';
import { faultPointNames } from '../platform/fault-points.ts';
import { settingDetails } from './setting-details.ts';

/**
 * All settings by the name of their variable. Each feature has a file with its part of this table and its reader. The
 * settings file, the commands `config`, and docs/operate/settings.md (`npm run docs:settings`) come from it.
 */
export const settings = {
  PUMPHOUSE_DATA_DIR: z
    .string()
    .min(1)
    .default(() => resolve(homedir(), '.pumphouse'))
    .register(settingDetails, {
      key: 'server.data_dir',
      description: 'Folder for all stored data: database, packages, logs, environments, local data',
      default: '`.pumphouse` in the home folder',
      example: '/var/lib/pumphouse',
    }),
  ...addressSettings,
  ...databaseSettings,
  ...blobsSettings,
  ...backupSettings,
  ...playgroundSettings,
  ...roleSettings,
  ...executorSettings,
  ...engineSettings,
  ...kubernetesSettings,
  ...secretKeySettings,
  ...appsSettings,
  ...capacitySettings,
  ...limitsSettings,
  ...openIdSettings,
  PUMPHOUSE_LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .register(settingDetails, {
      key: 'server.log_level',
      description: 'Log level of the server (stderr)',
      reload: true,
    }),
  ...retentionSettings,
  ...mailSettings,
  ...alertsSettings,
  ...observabilitySettings,
  PUMPHOUSE_PAUSE_AT: z
    .string()
    .regex(new RegExp(`^(${faultPointNames.join('|')}):/`))
    .optional()
    .register(settingDetails, {
      key: 'testing.pause_at',
      description:
        'For tests: `<fault point>:<file>` writes the file at that moment and waits until it is removed',
    }),
} as const;
