/** Reads what this machine does in the installation; only `config.ts` uses this module. */
import { z } from 'zod';
import { findLabelsProblem } from '../domain/workers/labels.ts';
import { ConfigError } from './config-error.ts';
import { settingDetails } from './setting-details.ts';

export const roleSettings = {
  PUMPHOUSE_ROLES: z
    .string()
    .regex(
      /^(all|(api|scheduler|supervisor)(,(api|scheduler|supervisor))*)$/,
      'must be all, or a list of api, scheduler and supervisor, separated by commas',
    )
    .default('all')
    .register(settingDetails, {
      key: 'server.roles',
      description:
        'Roles of this server in addition to serving the API: `scheduler` decides which runs start, `supervisor` executes them; `all`, or a list',
      form: 'list',
      example: 'scheduler,supervisor',
    }),
  PUMPHOUSE_LABELS: z.string().default('').register(settingDetails, {
    key: 'server.labels',
    example: 'region=eu,gpu=yes',
    description:
      'Labels of this machine as `<name>=<value>`, separated by commas: jobs that require one of them run only on machines that have it. See [workers](workers.md)',
    form: 'pairs',
  }),
  PUMPHOUSE_SERVER_URL: z
    .url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' })
    .optional()
    .register(settingDetails, { key: 'worker.server_url', description: 'Worker: the URL of its server' }),
  PUMPHOUSE_WORKER_TOKEN_FILE: z
    .string()
    .optional()
    .register(settingDetails, { key: 'worker.token_file', description: 'Worker: the file with its token' }),
  PUMPHOUSE_LEASE_SECONDS: z.coerce.number().min(1).max(300).default(12).register(settingDetails, {
    key: 'server.lease_seconds',
    description: 'How long a server can miss heartbeats before another server takes over its runs',
  }),
} as const;

type Values = z.output<z.ZodObject<typeof roleSettings>>;

export interface RoleConfig {
  roles: { scheduler: boolean; supervisor: boolean };
  /** Labels of this machine. */
  labels: Record<string, string>;
  worker: { serverUrl: string | null; tokenFile: string | null };
  leaseSeconds: number;
}

/** @throws ConfigError */
export function readRoleConfig(values: Values): RoleConfig {
  return {
    roles: readRoles(values.PUMPHOUSE_ROLES),
    labels: readLabels(values.PUMPHOUSE_LABELS),
    worker: {
      serverUrl: values.PUMPHOUSE_SERVER_URL?.replace(/\/+$/, '') ?? null,
      tokenFile: values.PUMPHOUSE_WORKER_TOKEN_FILE ?? null,
    },
    leaseSeconds: values.PUMPHOUSE_LEASE_SECONDS,
  };
}

function readRoles(text: string): RoleConfig['roles'] {
  const named = new Set(text.split(','));
  const has = (role: string) => named.has('all') || named.has(role);
  return { scheduler: has('scheduler'), supervisor: has('supervisor') };
}

function readLabels(text: string): RoleConfig['labels'] {
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
