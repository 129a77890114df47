import { z } from 'zod';
import { namedEnum, openEnum, requestObject, responseObject, timestamp, uuid } from '../primitives.ts';

/** Part of log lines and wait reasons, and of the names of services on its machine. */
const workerName = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
    "must be letters, digits, '.', '_' and '-', 63 at most, and begin with a letter or digit",
  );

/**
 * `lost`: it has no connection, so its runs are unknown. `paused` and `draining` are connected and take no new
 * runs; a draining worker ends after its last run.
 */
export const workerState = namedEnum('WorkerState', [
  'connected',
  'paused',
  'draining',
  'lost',
  'never-connected',
]);
export type WorkerState = z.output<typeof workerState>;

/** What was asked of the worker, whether or not it is connected. */
export const workerMode = namedEnum('WorkerMode', ['active', 'paused', 'draining']);
export type WorkerMode = z.output<typeof workerMode>;

export const createWorkerRequest = requestObject('CreateWorkerRequest', { name: workerName });
export type CreateWorkerRequest = z.output<typeof createWorkerRequest>;

const worker = {
  id: uuid,
  name: z.string(),
  /** It runs jobs of every organization; only operators can change it. */
  is_shared: z.boolean(),
  state: openEnum(workerState),
  mode: openEnum(workerMode),
  /** Reported when it last connected. */
  labels: z.record(z.string(), z.string()),
  executor: z.string().nullable(),
  version: z.string().nullable(),
  host_name: z.string().nullable(),
  active_runs: z.int(),
  /** Its slots for batch runs and for apps; null while no server drives it. */
  batch_slots: z.int().nullable(),
  app_slots: z.int().nullable(),
  /** Null if it has never connected. */
  last_seen_at: timestamp.nullable(),
  created_at: timestamp,
};

export const workerResponse = responseObject('WorkerResponse', worker);
export type WorkerResponse = z.output<typeof workerResponse>;

/** The token is returned only once: the server stores a hash. */
export const workerTokenResponse = responseObject('WorkerTokenResponse', { ...worker, token: z.string() });
export type WorkerTokenResponse = z.output<typeof workerTokenResponse>;

/** Those of the organization first, then those of the installation, by name. */
export const workersResponse = responseObject('WorkersResponse', { workers: z.array(workerResponse) });
export type WorkersResponse = z.output<typeof workersResponse>;
