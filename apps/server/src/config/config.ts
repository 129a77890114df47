import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import type { AlertsConfig } from './alerts-settings.ts';
import type { AppsConfig } from './apps-settings.ts';
import type { BlobsLocation } from '../blobs/blobs-location.ts';
import type { BlobsConfig } from './blobs-settings.ts';
import type { EngineConfig } from './engine-settings.ts';
import { defaultInstanceSizes } from '../domain/attempts/instance-sizes.ts';
import { defaultRetention } from '../domain/retention/retention-limits.ts';
import type { MailSettings } from '../mail/mailer.ts';
import type { CapacitySettings } from '../domain/runs/capacity.ts';
import type { InstanceSizes } from '../domain/attempts/instance-sizes.ts';
import type { OpenIdSettings } from '../services/sign-in/open-id.ts';
import type { PendingLimits } from '../domain/pipelines/pending-packages.ts';
import type { RetentionLimits } from '../domain/retention/retention-limits.ts';
import type { ObservabilityConfig } from './observability-settings.ts';
import { observabilitySettings, readObservability } from './observability-settings.ts';
import { blobsSettings, readBlobsConfig, readPublicEndpoint, readS3Settings } from './blobs-settings.ts';
import type { PlaygroundConfig } from './playground-settings.ts';
import { playgroundSettings, readPlayground } from './playground-settings.ts';
import { capacitySettings, readCapacitySettings } from './capacity-settings.ts';
import { alertsSettings, readAlertsConfig } from './alerts-settings.ts';
import { appsSettings, AppsSettingError, readAppsConfig } from './apps-settings.ts';
import { EngineSettingError, readEngineConfig } from './engine-settings.ts';
import type { KubernetesConfig } from './kubernetes-settings.ts';
import { kubernetesSettings, KubernetesSettingError, readKubernetesConfig } from './kubernetes-settings.ts';
import { defaultRunnerImage } from '../executors/docker/names.ts';
import { faultPointNames } from '../platform/fault-points.ts';
import { ConfigError } from './config-error.ts';
import { findLabelsProblem } from '../domain/workers/labels.ts';
import { readDatabaseUrl, readOpenId, readOtherSecretKeys } from './read-secrets.ts';
import { parseHostPort } from '../platform/host-port.ts';
import { readAllowedHosts } from './read-hosts.ts';
import { readInstanceSizes, readMail, readRetention, readTrustedProxies } from './read-texts.ts';
import { readValues, withoutBlank } from './read-values.ts';
import { warnOfUnknownSettings } from './unknown-settings.ts';

/**
 * Settings come only from the environment. docs/operate/settings.md lists them; a test compares that list
 * with this table.
 */
export const settings = {
  PUMPHOUSE_DATA_DIR: z
    .string()
    .min(1)
    .default(() => resolve(homedir(), '.pumphouse'))
    .describe('Folder for all stored data: database, packages, logs, environments, local data'),
  PUMPHOUSE_HOST: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe(
      'Address to listen on; addresses other than loopback require an owner account and PUMPHOUSE_PUBLIC_URL',
    ),
  PUMPHOUSE_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(8080)
    .describe('Port to listen on; 0 selects a free port'),
  PUMPHOUSE_PUBLIC_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
    .optional()
    .describe('URL at which clients reach this server, if it differs from the listen address'),
  PUMPHOUSE_ALLOWED_HOSTS: z
    .string()
    .default('')
    .describe(
      'Additional host names and addresses of this server, separated by commas; see [hosts](#hosts-under-which-the-server-answers)',
    ),
  PUMPHOUSE_INTERNAL_ADDRESS: z
    .string()
    .refine((text) => parseHostPort(text) !== null, 'must be a host or an address, with or without a port')
    .optional()
    .describe(
      'Address at which other servers of the installation reach this one, with or without a port (default: where it listens); see [several servers](several-servers.md#apps-on-workers)',
    ),
  PUMPHOUSE_DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'must be a postgres:// address' })
    .optional()
    .describe('An external Postgres (14 or newer) instead of the embedded one'),
  PUMPHOUSE_DATABASE_PASSWORD_FILE: z
    .string()
    .optional()
    .describe('File with the password for `PUMPHOUSE_DATABASE_URL`, so that it is not in a variable'),
  ...blobsSettings,
  ...playgroundSettings,
  PUMPHOUSE_EXECUTOR: z
    .enum(['auto', 'process', 'docker', 'kubernetes'])
    .default('auto')
    .describe(
      'Executor of attempts; `auto` is decided at the first start and stays: `docker` if an engine answers, else `process`. `kubernetes` only if set',
    ),
  PUMPHOUSE_ROLES: z
    .string()
    .regex(
      /^(all|(api|scheduler|supervisor)(,(api|scheduler|supervisor))*)$/,
      'must be all, or a list of api, scheduler and supervisor, separated by commas',
    )
    .default('all')
    .describe(
      'Roles of this server in addition to serving the API: `scheduler` decides which runs start, `supervisor` executes them; `all`, or a list',
    ),
  PUMPHOUSE_LABELS: z
    .string()
    .default('')
    .describe(
      'Labels of this machine as `<name>=<value>`, separated by commas: jobs that require one of them run only on machines that have it. See [workers](workers.md)',
    ),
  PUMPHOUSE_SERVER_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
    .optional()
    .describe('Worker: the URL of its server'),
  PUMPHOUSE_WORKER_TOKEN_FILE: z.string().optional().describe('Worker: the file with its token'),
  PUMPHOUSE_ENGINE_URL: z
    .string()
    .optional()
    .describe('URL of the Docker or Podman engine for runs: unix://, tcp://, http:// or https://'),
  PUMPHOUSE_RUNNER_IMAGE: z
    .string()
    .refine((image) => image.includes('{python}'), 'must contain {python} in place of the Python version')
    .default(defaultRunnerImage)
    .describe(
      'Image of the containers of runs, with `{python}` in place of the Python version, such as 3.13',
    ),
  PUMPHOUSE_RUNS_NETWORK: z
    .string()
    .regex(/^[a-zA-Z0-9][\w.-]*$/, 'must be the name of a network of the engine')
    .optional()
    .describe(
      'Containers: an existing network of the engine for runs. Processes: `shared` lets runs and builds use the network of the machine and reach everything that listens on it',
    ),
  PUMPHOUSE_RUNS_LOOPBACK_PORTS: z
    .string()
    .regex(/^\d{1,5}(,\d{1,5})*$/, 'must be ports separated by commas, such as 5432,8123')
    .optional()
    .describe(
      'Ports of the machine that runs and builds can reach, such as `5432` for a database: processes at `localhost`, on its loopback; containers at its addresses',
    ),
  PUMPHOUSE_TEMPLATES_MEMORY_PERCENT: z.coerce
    .number()
    .int()
    .min(0)
    .max(80)
    .default(20)
    .describe(
      'Processes: percentage of the memory of the machine for templates, from which runs are forked; 0 starts every run in an interpreter of its own',
    ),
  PUMPHOUSE_SLOTS_MEMORY_PERCENT: z.coerce
    .number()
    .int()
    .min(0)
    .max(80)
    .default(20)
    .describe(
      "Containers: percentage of the memory of the engine's machine for containers that wait for a run; 0 starts a container for every run",
    ),
  PUMPHOUSE_RUNS_EGRESS: z
    .enum(['0', '1'])
    .default('1')
    .describe('0 blocks all outgoing connections of runs in containers except to this server'),
  PUMPHOUSE_SECRET_KEY: z
    .string()
    .min(32)
    .optional()
    .describe('Encrypts secrets and signs tokens (default: a key file in the data folder)'),
  PUMPHOUSE_OTHER_SECRET_KEYS: z
    .string()
    .optional()
    .describe(
      'Previous and next secret keys, separated by commas, which this server only decrypts with; see [several servers](several-servers.md#replacing-the-secret-key)',
    ),
  PUMPHOUSE_ATTEMPTS_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
    .optional()
    .describe('Address at which runs reach this server, if it differs from the listen address'),
  PUMPHOUSE_ATTEMPTS_HOST: z
    .string()
    .min(1)
    .optional()
    .describe('Address to listen on for runs in containers only'),
  PUMPHOUSE_ATTEMPTS_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .optional()
    .describe('Port to listen on for runs in containers; 0 selects a free port'),
  ...kubernetesSettings,
  ...appsSettings,
  PUMPHOUSE_ALLOW_UNISOLATED: z
    .enum(['0', '1'])
    .default('0')
    .describe('1 runs attempts without a sandbox if bubblewrap does not work'),
  ...capacitySettings,
  PUMPHOUSE_INSTANCE_SIZES: z
    .string()
    .default(defaultInstanceSizes)
    .describe(
      'Limits of a run by instance size, as `<size>=<cores>/<MiB of memory>/<processes>`, or with `/<MiB of disk>` behind it; `-`: no limit',
    ),
  PUMPHOUSE_MAX_UPLOAD_MB: z.coerce
    .number()
    .int()
    .min(1)
    .default(512)
    .describe('Largest code archive, packed'),
  PUMPHOUSE_MAX_UNPACKED_MB: z.coerce
    .number()
    .int()
    .min(1)
    .default(2048)
    .describe('Largest code archive, unpacked'),
  PUMPHOUSE_API_REQUESTS_PER_MINUTE: z.coerce
    .number()
    .int()
    .min(0)
    .default(6000)
    .describe(
      'Requests to the API that a key, a session, a run or an unauthenticated address may send to this server in a minute; 0: no limit. See [limits](limits.md#requests)',
    ),
  PUMPHOUSE_TRUSTED_PROXIES: z
    .string()
    .default('')
    .describe(
      'Addresses and networks (10.0.0.0/8) of proxies whose `X-Forwarded-*` headers are trusted, separated by commas',
    ),
  PUMPHOUSE_OIDC_ISSUER: z
    .url()
    .optional()
    .describe('Issuer URL of an OpenID provider for sign-in; see [accounts](accounts.md)'),
  PUMPHOUSE_OIDC_CLIENT_ID: z.string().optional().describe('Client id of this server at the provider'),
  PUMPHOUSE_OIDC_CLIENT_SECRET: z
    .string()
    .optional()
    .describe('Secret of that client; empty for a public client, which uses only PKCE'),
  PUMPHOUSE_OIDC_CLIENT_SECRET_FILE: z
    .string()
    .optional()
    .describe('File with that secret, so that it is not in a variable'),
  PUMPHOUSE_OIDC_NAME: z
    .string()
    .max(40)
    .optional()
    .describe('Display name of the provider: "Continue with ..."'),
  PUMPHOUSE_OIDC_SIGN_UP: z
    .enum(['invited', 'anyone'])
    .default('invited')
    .describe(
      'Who can create an account through the provider: only invited users (`invited`), or `anyone` with an account there',
    ),
  PUMPHOUSE_LOG_LEVEL: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('Log level of the server (stderr)'),
  PUMPHOUSE_UV: z.string().optional().describe('Path of uv, if it is neither in .tools nor in PATH'),
  PUMPHOUSE_BWRAP: z
    .string()
    .optional()
    .describe('Path of bubblewrap, if it is neither in .tools nor in PATH'),
  PUMPHOUSE_PASTA: z
    .string()
    .optional()
    .describe('Path of pasta (package passt), which creates the networks of runs, if it is not in PATH'),
  PUMPHOUSE_PYTHON: z
    .string()
    .optional()
    .describe('Python 3.10 or newer for the bootstrap, if python3 in PATH is older'),
  PUMPHOUSE_LEASE_SECONDS: z.coerce
    .number()
    .min(1)
    .max(300)
    .default(12)
    .describe('How long a server can miss heartbeats before another server takes over its runs'),
  PUMPHOUSE_PENDING_MAX_GB: z.coerce
    .number()
    .min(0)
    .max(10_000)
    .default(20)
    .describe(
      'Gigabytes of load packages that unfinished runs of a workspace and profile may leave for the next run; 0 keeps none. See [pending packages](../concepts/pending-packages.md)',
    ),
  PUMPHOUSE_PENDING_DAYS: z.coerce
    .number()
    .int()
    .min(1)
    .max(365)
    .default(30)
    .describe('Days after which load packages that no run has finished are dropped'),
  PUMPHOUSE_RETENTION: z
    .string()
    .default(defaultRetention)
    .describe('Retention of each kind of data by age and size, or `off`; see [storage](storage.md)'),
  PUMPHOUSE_SMTP_URL: z
    .url({ protocol: /^smtps?$/, error: 'must be smtp://[name:password@]host[:port], or smtps://' })
    .optional()
    .describe('Mail server for invitations, as smtp:// or smtps://; without it, you send the links yourself'),
  PUMPHOUSE_MAIL_FROM: z
    .string()
    .regex(
      /^[^\r\n]*@[^\s@>]+>?$/,
      'must be an address, such as pumphouse@example.com or Pumphouse <pumphouse@example.com>',
    )
    .optional()
    .describe('Sender address of mail; required with PUMPHOUSE_SMTP_URL'),
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

export interface Config extends BlobsConfig {
  playground: PlaygroundConfig;
  dataDir: string;
  host: string;
  port: number;
  publicUrl: string | null;
  /** Names under which the server answers, in addition to loopback and the host of the public URL. */
  allowedHosts: string[];
  /** Null: where the server listens. */
  internalAddress: string | null;
  databaseUrl: string | null;
  executor: Values['PUMPHOUSE_EXECUTOR'];
  /** Labels of this machine. */
  labels: Record<string, string>;
  worker: { serverUrl: string | null; tokenFile: string | null };
  roles: { scheduler: boolean; supervisor: boolean };
  engine: EngineConfig;
  /** Null if the executor is another one. */
  kubernetes: KubernetesConfig | null;
  /** Share of the machine's memory for templates. */
  templatesMemoryPercent: number;
  /** Share of the engine's memory for containers that wait for a run. */
  slotsMemoryPercent: number;
  /** Loopback ports of the machine that runs as processes can reach. */
  runsLoopbackPorts: number[];
  secretKey: string | null;
  /** Keys that the server only reads with. */
  otherSecretKeys: string[];
  attemptsUrl: string | null;
  /** Null: the address of this machine on the network of the runs. */
  attemptsHost: string | null;
  attemptsPort: number;
  apps: AppsConfig;
  allowUnisolated: boolean;
  capacity: CapacitySettings;
  instanceSizes: InstanceSizes;
  /** How long an unknown run that was requested to end may stay. */
  unknownMinutes: number;
  maxUploadBytes: number;
  maxUnpackedBytes: number;
  apiRequestsPerMinute: number;
  trustedProxies: string[];
  /** Null: users sign in with passwords only. */
  openId: OpenIdSettings | null;
  logLevel: Values['PUMPHOUSE_LOG_LEVEL'];
  leaseSeconds: number;
  retention: RetentionLimits;
  pendingPackages: PendingLimits;
  /** Null: no mail is sent. */
  mail: MailSettings | null;
  alerts: AlertsConfig;
  observability: ObservabilityConfig;
  pauseAt: { point: string; file: string } | null;
  /** For finding uv, bubblewrap, Python and the interpreters of environments. */
  toolVariables: Record<string, string | undefined>;
  /** Warnings about variables that look like settings but are not. */
  warnings: string[];
}

const megabyte = 1024 * 1024;

/** @throws ConfigError naming each invalid setting and its allowed values */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const values: Values = readValues(settings, env);
  const dataDir = resolve(values.PUMPHOUSE_DATA_DIR);
  const awsRegion = env['AWS_REGION'] ?? env['AWS_DEFAULT_REGION'];
  const blobs = readBlobsConfig(values, { dataDir, awsRegion });
  const observability = readObservability(values);
  const attemptsPort = values.PUMPHOUSE_ATTEMPTS_PORT ?? choosePortAfter(values.PUMPHOUSE_PORT);
  return {
    dataDir,
    host: values.PUMPHOUSE_HOST,
    port: values.PUMPHOUSE_PORT,
    publicUrl: values.PUMPHOUSE_PUBLIC_URL?.replace(/\/+$/, '') ?? null,
    allowedHosts: readAllowedHosts(values),
    internalAddress: values.PUMPHOUSE_INTERNAL_ADDRESS ?? null,
    databaseUrl: readDatabaseUrl(values),
    ...blobs,
    playground: readPlayground(values, {
      blobs: blobs.blobs,
      readS3: (setting, url) => readS3Settings(setting, new URL(url), { values, awsRegion }),
      publicEndpoint: readPublicEndpoint(values),
    }),
    executor: values.PUMPHOUSE_EXECUTOR,
    labels: readLabels(values.PUMPHOUSE_LABELS),
    worker: {
      serverUrl: values.PUMPHOUSE_SERVER_URL?.replace(/\/+$/, '') ?? null,
      tokenFile: values.PUMPHOUSE_WORKER_TOKEN_FILE ?? null,
    },
    roles: readRoles(values.PUMPHOUSE_ROLES),
    engine: readEngine(values, env),
    kubernetes: readKubernetes(values),
    templatesMemoryPercent: values.PUMPHOUSE_TEMPLATES_MEMORY_PERCENT,
    slotsMemoryPercent: values.PUMPHOUSE_SLOTS_MEMORY_PERCENT,
    runsLoopbackPorts: readPorts(values.PUMPHOUSE_RUNS_LOOPBACK_PORTS),
    secretKey: values.PUMPHOUSE_SECRET_KEY ?? null,
    otherSecretKeys: readOtherSecretKeys(values.PUMPHOUSE_OTHER_SECRET_KEYS),
    attemptsUrl: values.PUMPHOUSE_ATTEMPTS_URL?.replace(/\/+$/, '') ?? null,
    attemptsHost: readAttemptsHost(values),
    attemptsPort,
    apps: readApps(values, attemptsPort),
    allowUnisolated: values.PUMPHOUSE_ALLOW_UNISOLATED === '1',
    capacity: readCapacitySettings(values),
    unknownMinutes: values.PUMPHOUSE_UNKNOWN_MINUTES,
    instanceSizes: readInstanceSizes(values.PUMPHOUSE_INSTANCE_SIZES),
    maxUploadBytes: values.PUMPHOUSE_MAX_UPLOAD_MB * megabyte,
    maxUnpackedBytes: values.PUMPHOUSE_MAX_UNPACKED_MB * megabyte,
    apiRequestsPerMinute: values.PUMPHOUSE_API_REQUESTS_PER_MINUTE,
    trustedProxies: readTrustedProxies(values.PUMPHOUSE_TRUSTED_PROXIES),
    openId: readOpenId(values),
    logLevel: values.PUMPHOUSE_LOG_LEVEL,
    leaseSeconds: values.PUMPHOUSE_LEASE_SECONDS,
    retention: readRetention(values.PUMPHOUSE_RETENTION),
    pendingPackages: {
      maxBytes: Math.round(values.PUMPHOUSE_PENDING_MAX_GB * 1024 ** 3),
      maxDays: values.PUMPHOUSE_PENDING_DAYS,
    },
    mail: readMail(values),
    alerts: readAlertsConfig(values),
    observability,
    pauseAt: readPause(values.PUMPHOUSE_PAUSE_AT),
    toolVariables: {
      PATH: env['PATH'],
      PUMPHOUSE_UV: values.PUMPHOUSE_UV,
      PUMPHOUSE_BWRAP: values.PUMPHOUSE_BWRAP,
      PUMPHOUSE_PASTA: values.PUMPHOUSE_PASTA,
      PUMPHOUSE_PYTHON: values.PUMPHOUSE_PYTHON,
    },
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

function readRoles(text: string): Config['roles'] {
  const named = new Set(text.split(','));
  const has = (role: string) => named.has('all') || named.has(role);
  return { scheduler: has('scheduler'), supervisor: has('supervisor') };
}

function readLabels(text: string): Config['labels'] {
  const labels = Object.fromEntries(
    text
      .split(',')
      .filter((one) => one.trim() !== '')
      .map((one) => {
        const [name = '', ...value] = one.trim().split('=');
        if (value.length === 0)
          throw new ConfigError(`PUMPHOUSE_LABELS: ${one.trim()} has no value: write <name>=<value>.`);
        return [name, value.join('=')];
      }),
  );
  const problem = findLabelsProblem(labels);
  if (problem !== null) throw new ConfigError(`PUMPHOUSE_LABELS: ${problem}.`);
  return labels;
}

const usesEngine = (executor: Values['PUMPHOUSE_EXECUTOR']): boolean =>
  executor === 'auto' || executor === 'docker';

function readEngine(values: Values, env: NodeJS.ProcessEnv): EngineConfig {
  try {
    return readEngineConfig(values, withoutBlank(env), usesEngine(values.PUMPHOUSE_EXECUTOR));
  } catch (error) {
    if (!(error instanceof EngineSettingError)) throw error;
    throw new ConfigError(error.message);
  }
}

function readKubernetes(values: Values): KubernetesConfig | null {
  if (values.PUMPHOUSE_EXECUTOR !== 'kubernetes') return null;
  try {
    return readKubernetesConfig(values);
  } catch (error) {
    if (!(error instanceof KubernetesSettingError)) throw error;
    throw new ConfigError(error.message);
  }
}

function readApps(values: Values, attemptsPort: number): AppsConfig {
  const publicPort = Number(new URL(values.PUMPHOUSE_PUBLIC_URL ?? 'http://localhost').port);
  try {
    return readAppsConfig(values, [
      ['PUMPHOUSE_PORT', values.PUMPHOUSE_PORT],
      ['PUMPHOUSE_ATTEMPTS_PORT', attemptsPort],
      ['PUMPHOUSE_PUBLIC_URL', publicPort],
    ]);
  } catch (error) {
    if (!(error instanceof AppsSettingError)) throw error;
    throw new ConfigError(error.message);
  }
}

/** "All addresses" is valid for listening, but not as an address that runs can call. */
function readAttemptsHost({
  PUMPHOUSE_ATTEMPTS_HOST: host,
  PUMPHOUSE_ATTEMPTS_URL: url,
}: Values): string | null {
  if ((host === '0.0.0.0' || host === '::') && !url)
    throw new ConfigError(
      `PUMPHOUSE_ATTEMPTS_HOST is ${host}, which runs cannot call. Set PUMPHOUSE_ATTEMPTS_URL to the address at which runs reach this server.`,
    );
  return host ?? null;
}

function readPorts(text: string | undefined): number[] {
  const ports = (text ?? '').split(',').filter(Boolean).map(Number);
  const wrong = ports.find((port) => port < 1 || port > 65_535);
  if (wrong !== undefined)
    throw new ConfigError(`PUMPHOUSE_RUNS_LOOPBACK_PORTS: ${wrong} is no port: ports are 1 to 65535.`);
  return ports;
}

function choosePortAfter(port: number): number {
  return port === 0 || port === 65_535 ? 0 : port + 1;
}

function readPause(value: string | undefined): Config['pauseAt'] {
  if (!value) return null;
  const colon = value.indexOf(':');
  return { point: value.slice(0, colon), file: value.slice(colon + 1) };
}
