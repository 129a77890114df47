import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { AddressConfig } from './address-settings.ts';
import type { AlertsConfig } from './alerts-settings.ts';
import type { AppsConfig } from './apps-settings.ts';
import type { BlobsConfig } from './blobs-settings.ts';
import type { BlobsLocation } from '../blobs/blobs-location.ts';
import type { CapacitySettings } from '../domain/runs/capacity.ts';
import type { EngineConfig } from './engine-settings.ts';
import type { ExecutorConfig } from './executor-settings.ts';
import type { KubernetesConfig } from './kubernetes-settings.ts';
import type { LimitsConfig } from './limits-settings.ts';
import type { MailSettings } from '../mail/mailer.ts';
import type { ObservabilityConfig } from './observability-settings.ts';
import type { OpenIdSettings } from '../services/sign-in/open-id.ts';
import type { PlaygroundConfig } from './playground-settings.ts';
import type { RetentionConfig } from './retention-settings.ts';
import type { RoleConfig } from './role-settings.ts';
import type { SecretKeyConfig } from './secret-key-settings.ts';
import { addressSettings, readAddressConfig } from './address-settings.ts';
import { alertsSettings, readAlertsConfig } from './alerts-settings.ts';
import { appsSettings, readAppsConfig } from './apps-settings.ts';
import { blobsSettings, readBlobsConfig, readPublicEndpoint, readS3Settings } from './blobs-settings.ts';
import { capacitySettings, readCapacitySettings } from './capacity-settings.ts';
import { databaseSettings, readDatabaseUrl } from './database-settings.ts';
import { engineSettings, readEngineConfig } from './engine-settings.ts';
import { executorSettings, readExecutorConfig } from './executor-settings.ts';
import { kubernetesSettings, readKubernetesConfig } from './kubernetes-settings.ts';
import { limitsSettings, readLimits } from './limits-settings.ts';
import { mailSettings, readMail } from './mail-settings.ts';
import { observabilitySettings, readObservability } from './observability-settings.ts';
import { openIdSettings, readOpenId } from './open-id-settings.ts';
import { playgroundSettings, readPlayground } from './playground-settings.ts';
import { readRetentionConfig, retentionSettings } from './retention-settings.ts';
import { readRoleConfig, roleSettings } from './role-settings.ts';
import { readSecretKeys, secretKeySettings } from './secret-key-settings.ts';
import { faultPointNames } from '../platform/fault-points.ts';
import { readValues, withoutBlank } from './read-values.ts';
import { warnOfUnknownSettings } from './unknown-settings.ts';

/**
 * Settings come only from the environment. Each feature has a file with its part of this table and its reader.
 * docs/operate/settings.md lists them; a test compares that list with this table.
 */
export const settings = {
  PUMPHOUSE_DATA_DIR: z
    .string()
    .min(1)
    .default(() => resolve(homedir(), '.pumphouse'))
    .describe('Folder for all stored data: database, packages, logs, environments, local data'),
  ...addressSettings,
  ...databaseSettings,
  ...blobsSettings,
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
    .describe('Log level of the server (stderr)'),
  ...retentionSettings,
  ...mailSettings,
  ...alertsSettings,
  ...observabilitySettings,
  PUMPHOUSE_PAUSE_AT: z
    .string()
    .regex(new RegExp(`^(${faultPointNames.join('|')}):/`))
    .optional()
    .describe(
      'For tests: `<fault point>:<file>` writes the file at that moment and waits until it is removed',
    ),
} as const;

type Values = z.output<z.ZodObject<typeof settings>>;

export interface Config
  extends
    AddressConfig,
    BlobsConfig,
    ExecutorConfig,
    LimitsConfig,
    RetentionConfig,
    RoleConfig,
    SecretKeyConfig {
  dataDir: string;
  /** Null: the embedded one. */
  databaseUrl: string | null;
  playground: PlaygroundConfig;
  engine: EngineConfig;
  /** Null if the executor is another one. */
  kubernetes: KubernetesConfig | null;
  apps: AppsConfig;
  capacity: CapacitySettings;
  /** How long an unknown run that was requested to end may stay. */
  unknownMinutes: number;
  /** Null: users sign in with passwords only. */
  openId: OpenIdSettings | null;
  logLevel: Values['PUMPHOUSE_LOG_LEVEL'];
  /** Null: no mail is sent. */
  mail: MailSettings | null;
  alerts: AlertsConfig;
  observability: ObservabilityConfig;
  pauseAt: { point: string; file: string } | null;
  /** Warnings about variables that look like settings but are not. */
  warnings: string[];
}

/** @throws ConfigError naming each invalid setting and its allowed values */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const values: Values = readValues(settings, env);
  const dataDir = resolve(values.PUMPHOUSE_DATA_DIR);
  const awsRegion = env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'];
  const blobs = readBlobsConfig(values, { dataDir, awsRegion });
  const addresses = readAddressConfig(values);
  const observability = readObservability(values);
  const usesEngine = values.PUMPHOUSE_EXECUTOR === 'auto' || values.PUMPHOUSE_EXECUTOR === 'docker';
  return {
    dataDir,
    ...addresses,
    databaseUrl: readDatabaseUrl(values),
    ...blobs,
    playground: readPlayground(values, {
      blobs: blobs.blobs,
      readS3: (setting, url) => readS3Settings(setting, new URL(url), { values, awsRegion }),
      publicEndpoint: readPublicEndpoint(values),
    }),
    ...readRoleConfig(values),
    ...readExecutorConfig(values, env['PATH']),
    engine: readEngineConfig(values, withoutBlank(env), usesEngine),
    kubernetes: values.PUMPHOUSE_EXECUTOR === 'kubernetes' ? readKubernetesConfig(values) : null,
    ...readSecretKeys(values),
    apps: readApps(values, addresses.attemptsPort),
    capacity: readCapacitySettings(values),
    unknownMinutes: values.PUMPHOUSE_UNKNOWN_MINUTES,
    ...readLimits(values),
    openId: readOpenId(values),
    logLevel: values.PUMPHOUSE_LOG_LEVEL,
    ...readRetentionConfig(values),
    mail: readMail(values),
    alerts: readAlertsConfig(values),
    observability,
    pauseAt: readPause(values.PUMPHOUSE_PAUSE_AT),
    warnings: [...observability.warnings, ...warnOfUnknownSettings(env, Object.keys(settings))],
  };
}

/**
 * Reads another location of blobs, with the credentials of the settings.
 * @throws ConfigError
 */
export function readBlobsLocation(url: string, env: NodeJS.ProcessEnv = process.env): BlobsLocation {
  return readConfig({ ...env, PUMPHOUSE_BLOBS_URL: url, PUMPHOUSE_BLOBS_FALLBACK_URL: undefined }).blobs;
}

/** The ports of the apps must be free of those that the server uses for something else. */
function readApps(values: Values, attemptsPort: number): AppsConfig {
  const publicPort = Number(new URL(values.PUMPHOUSE_PUBLIC_URL ?? 'http://localhost').port);
  return readAppsConfig(values, [
    ['PUMPHOUSE_PORT', values.PUMPHOUSE_PORT],
    ['PUMPHOUSE_ATTEMPTS_PORT', attemptsPort],
    ['PUMPHOUSE_PUBLIC_URL', publicPort],
  ]);
}

function readPause(value: string | undefined): Config['pauseAt'] {
  if (!value) return null;
  const colon = value.indexOf(':');
  return { point: value.slice(0, colon), file: value.slice(colon + 1) };
}
