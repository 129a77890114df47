import { resolve } from 'node:path';
import type { z } from 'zod';
import type { AddressConfig } from './address-settings.ts';
import type { AlertsConfig } from './alerts-settings.ts';
import type { AppsConfig } from './apps-settings.ts';
import type { BackupConfig } from './backup-settings.ts';
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
import { readAddressConfig } from './address-settings.ts';
import { readAlertsConfig } from './alerts-settings.ts';
import { readAppsConfig } from './apps-settings.ts';
import { readBackupConfig } from './backup-settings.ts';
import { readBlobsConfig, readLocation, readPublicEndpoint, readS3Settings } from './blobs-settings.ts';
import { ConfigError } from './config-error.ts';
import { readCapacitySettings } from './capacity-settings.ts';
import { readDatabaseUrl } from './database-settings.ts';
import { readEngineConfig } from './engine-settings.ts';
import { readExecutorConfig } from './executor-settings.ts';
import { readKubernetesConfig } from './kubernetes-settings.ts';
import { readLimits } from './limits-settings.ts';
import { readMail } from './mail-settings.ts';
import { readObservability } from './observability-settings.ts';
import { readOpenId } from './open-id-settings.ts';
import { readPlayground } from './playground-settings.ts';
import { readRetentionConfig } from './retention-settings.ts';
import { readRoleConfig } from './role-settings.ts';
import { readSecretKeys } from './secret-key-settings.ts';
import { explainOrigins, readSources, type Variables } from './file/read-sources.ts';
import { readSecretFiles } from './read-secret-files.ts';
import { readValues, withoutBlank } from './read-values.ts';
import { settings } from './settings.ts';
import { settingNames } from './setting-list.ts';
import { warnOfUnknownSettings } from './unknown-settings.ts';

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
  /** Whether servers apply online migrations. */
  onlineMigrations: boolean;
  backup: BackupConfig;
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

/**
 * Reads the variables, and the settings file that PUMPHOUSE_CONFIG names. A variable wins over the file.
 * @throws ConfigError naming each invalid setting and its allowed values
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const sources = readSources(env);
  return explainOrigins(sources, () => buildConfig(sources.variables));
}

/**
 * Builds the configuration from variables only, whatever settings file there is.
 * @throws ConfigError naming each invalid setting and its allowed values
 */
export function buildConfig(env: Variables): Config {
  const variables = readSecretFiles(env);
  const values: Values = readValues(settings, variables);
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
    onlineMigrations: values.PUMPHOUSE_ONLINE_MIGRATIONS === '1',
    ...blobs,
    backup: readBackupConfig(values, {
      blobs: blobs.blobs,
      readLocation: (setting, url) => readLocation(setting, url, values, { awsRegion }),
    }),
    playground: readPlayground(values, {
      blobs: blobs.blobs,
      readS3: (setting, url) => readS3Settings(setting, new URL(url), { values, awsRegion }),
      publicEndpoint: readPublicEndpoint(values),
    }),
    ...readRoleConfig(values),
    ...readExecutorConfig(values, env),
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
    warnings: [...observability.warnings, ...warnOfUnknownSettings(env, settingNames)],
  };
}

/**
 * Reads another location of blobs, with the credentials of the settings.
 * @throws ConfigError
 */
export function readBlobsLocation(url: string, env: NodeJS.ProcessEnv = process.env): BlobsLocation {
  const { variables } = readSources(env);
  return buildConfig({
    ...variables,
    PUMPHOUSE_BLOBS_URL: url,
    PUMPHOUSE_BLOBS_FALLBACK_URL: undefined,
  }).blobs;
}

/**
 * Reads a location of backups, with the credentials of the settings.
 * @param url null: the one of the settings
 * @throws ConfigError
 */
export function readBackupLocation(url: string | null, env: NodeJS.ProcessEnv = process.env): BlobsLocation {
  const { variables } = readSources(env);
  const { location } = buildConfig(
    url === null ? variables : { ...variables, PUMPHOUSE_BACKUP_URL: url },
  ).backup;
  if (location) return location;
  throw new ConfigError(
    'Set PUMPHOUSE_BACKUP_URL to a folder (file://...) or a bucket (s3://...), or give --location.',
  );
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
