import { z } from 'zod';
import { namedEnum, openEnum, responseObject, timestamp, uuid } from '../primitives.ts';
import { workerResponse } from '../workers/workers.ts';

/** Whether the account of the caller owns the installation. */
export const installationAccessResponse = responseObject('InstallationAccessResponse', {
  /** Owners of the oldest organization own the installation. */
  is_installation_owner: z.boolean(),
});
export type InstallationAccessResponse = z.output<typeof installationAccessResponse>;

/** `skipped`: the check does not matter with these settings. */
export const checkStatus = namedEnum('CheckStatus', ['ok', 'warning', 'problem', 'skipped']);
export type CheckStatus = z.output<typeof checkStatus>;

/** The result of one check of the server and its machine. */
export const checkResponse = responseObject('CheckResponse', {
  /** Stable, such as `sandbox`. */
  id: z.string(),
  /** Groups checks: `executor`, `data_folder`, `database`, `addresses`, `services`. */
  area: z.string(),
  title: z.string(),
  status: openEnum(checkStatus),
  found: z.string(),
  /** What to do; null if there is nothing to do. */
  next_step: z.string().nullable(),
});
export type CheckResponse = z.output<typeof checkResponse>;

/** `waiting`: it has not run yet. `late`: no iteration has succeeded for much longer than its interval. */
export const loopState = namedEnum('LoopState', ['working', 'waiting', 'late']);
export type LoopState = z.output<typeof loopState>;

/** A task that the server repeats. */
export const loopResponse = responseObject('LoopResponse', {
  name: z.string(),
  state: openEnum(loopState),
  interval_seconds: z.number(),
  last_success_at: timestamp.nullable(),
  /** Failed iterations since the server started. */
  failures: z.int(),
});
export type LoopResponse = z.output<typeof loopResponse>;

/** A warning or an error in the log of the server. The same one again is counted. */
export const recentErrorResponse = responseObject('RecentErrorResponse', {
  level: openEnum(namedEnum('RecentErrorLevel', ['warning', 'error'])),
  message: z.string(),
  /** The message of the exception; null without one. */
  error: z.string().nullable(),
  count: z.int(),
  first_at: timestamp,
  last_at: timestamp,
});
export type RecentErrorResponse = z.output<typeof recentErrorResponse>;

/** The stored data of one kind, of all organizations. */
export const systemStoredKind = responseObject('SystemStoredKind', {
  kind: z.string(),
  count: z.int(),
  bytes: z.int(),
  oldest_at: timestamp.nullable(),
});
export type SystemStoredKind = z.output<typeof systemStoredKind>;

/** State of the server that answers, and of the installation. */
export const systemResponse = responseObject('SystemResponse', {
  installation_id: uuid,
  server: responseObject('SystemServer', {
    id: uuid,
    version: z.string(),
    node_version: z.string(),
    host_name: z.string(),
    url: z.string(),
    started_at: timestamp,
    /** `api`, `scheduler` and `supervisor`. */
    roles: z.array(z.string()),
  }),
  /** Live servers of the installation, this one included. */
  servers: z.array(
    responseObject('SystemServerProcess', {
      host_name: z.string(),
      pid: z.int().nullable(),
    }),
  ),
  executor: responseObject('SystemExecutor', { name: z.string(), works: z.boolean(), detail: z.string() }),
  is_ready: z.boolean(),
  /** What keeps the server from being ready, what makes runs late, and what else an operator should fix. */
  problems: z.array(z.string()),
  runs: responseObject('SystemRuns', {
    pending: z.int(),
    active: z.int(),
    unknown: z.int(),
  }).nullable(),
  database: responseObject('SystemDatabase', {
    version: z.string(),
    size_bytes: z.int(),
    used_connections: z.int(),
    max_connections: z.int(),
  }),
  /** Of the data folder; null if it cannot be read. */
  disk: responseObject('SystemDisk', { free_bytes: z.int(), size_bytes: z.int() }).nullable(),
  /** Null while it is being measured. */
  storage: z.array(systemStoredKind).nullable(),
  loops: z.array(loopResponse),
  workers: z.array(workerResponse),
  /** The last 50, newest first. */
  recent_errors: z.array(recentErrorResponse),
  /** Results are kept for 15 s. */
  checked_at: timestamp,
  checks: z.array(checkResponse),
});
export type SystemResponse = z.output<typeof systemResponse>;
