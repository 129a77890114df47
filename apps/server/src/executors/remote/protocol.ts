/**
 * Messages between a server and a worker: JSON objects in text frames of one WebSocket. Its binary frames carry
 * connections into apps: a kind (1 byte), the number of the connection (4 bytes, high byte first), the content.
 */
import { z } from 'zod';
import { environmentLine, callError, copiedData, templateStatus } from './values.ts';

/**
 * Version of the messages, which a worker offers as the subprotocol of its WebSocket. A change that the other
 * side would misunderstand needs a new one.
 */
export const workerProtocol = 'pumphouse-worker.1';

/** Where workers connect, with their token as a bearer credential. */
export const connectionPath = '/pumphouse/v1/workers/connection';

/** Larger messages end the connection. The largest lists all resources of a machine. */
export const maxMessageBytes = 16 * 1024 * 1024;
/** The part of a spool that one message carries, before its encoding as base64. */
export const maxSpoolBytes = 1024 * 1024;
/** Both sides expect a ping or its answer in this time. */
export const pingSeconds = 5;
export const maxSilenceSeconds = 15;

/** Why a server closes a connection. A worker connects again after all others. */
export const closeCodes = {
  /** The token was revoked, or the worker was removed. */
  revoked: 4401,
  /** The worker has connected elsewhere. */
  replaced: 4409,
  /** The worker drained: it has no runs and takes none. */
  drained: 4410,
  /** A message was invalid. */
  invalid: 4400,
} as const;

const callId = z.int().min(0);

export const labelName = /^[A-Za-z0-9]([A-Za-z0-9._/-]{0,61}[A-Za-z0-9])?$/;
export const labels = z
  .record(z.string().regex(labelName), z.string().max(63))
  .refine((all) => Object.keys(all).length <= 32, 'has more than 32 labels');

export const workerStatus = z.object({
  capabilities: z.object({
    memoryLimit: z.boolean(),
    isolated: z.boolean(),
    interactive: z.boolean(),
    /** Missing in workers of the previous release. */
    localDataInObjects: z.boolean().default(false),
  }),
  /** Missing in workers of the previous release, whose builds ask the public index for every package. */
  usesPackageSources: z.boolean().default(false),
  /** Missing in workers of the previous release, which cannot be asked for theirs. */
  listsPythons: z.boolean().default(false),
  /** Why its executor should get no further run now; null if it may. */
  pressure: z.string().max(1000).nullable(),
  /** Null: its executor has none. */
  templates: z.object({ list: z.array(templateStatus).max(1000), problem: z.string().nullable() }).nullable(),
});
export type WorkerStatus = z.output<typeof workerStatus>;

export const capacitySettings = z.object({
  maxActiveRuns: z.int().min(0).max(100_000),
  maxActiveApps: z.int().min(0).max(100_000),
  overcommit: z.object({ cpus: z.number().min(1), memory: z.number().min(1) }),
  appsShare: z.number().min(0).max(1),
});

export const fromServer = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('welcome'),
    installationId: z.string(),
    workerId: z.string(),
    name: z.string(),
  }),
  /** The server drives the worker's runs from here on. */
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('call'), id: callId, method: z.string(), arguments: z.unknown() }),
  z.object({ type: z.literal('abort'), id: callId }),
  /** The answer to `ask`. */
  z.object({ type: z.literal('answer'), id: callId, value: z.boolean() }),
]);
export type FromServer = z.output<typeof fromServer>;

export const workerHello = z.object({
  type: z.literal('hello'),
  version: z.string().max(100),
  hostName: z.string().max(255),
  labels,
  executor: z.enum(['process', 'docker', 'kubernetes', 'fake']),
  /** Part of the identity of environments. */
  platform: z.string().max(100),
  /** Whether its executor runs apps on some machines. */
  hasAppConnector: z.boolean(),
  capacity: capacitySettings,
  status: workerStatus,
  /** It stops after its last run, as after a drain by the server. */
  isDraining: z.boolean(),
});
export type WorkerHello = z.output<typeof workerHello>;

export const fromWorker = z.discriminatedUnion('type', [
  workerHello,
  z.object({ type: z.literal('status'), status: workerStatus }),
  z.object({ type: z.literal('drain') }),
  z.object({ type: z.literal('line'), id: callId, line: environmentLine }),
  /** Asks whether a copy of local data is whole, during `takeSnapshot`. */
  z.object({ type: z.literal('ask'), id: callId, copied: copiedData }),
  z.object({ type: z.literal('result'), id: callId, value: z.unknown() }),
  z.object({ type: z.literal('error'), id: callId, error: callError }),
]);
export type FromWorker = z.output<typeof fromWorker>;
