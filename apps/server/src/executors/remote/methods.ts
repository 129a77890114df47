/** The calls that a server makes to a worker: the executor contract. */
import { z } from 'zod';
import {
  attemptSpec,
  copiedData,
  environmentLocation,
  environmentSpec,
  handle,
  inspection,
  listedAttempt,
  listedCache,
  localDataScope,
  resource,
  resourceName,
  snapshotExtent,
  storedPackage,
} from './values.ts';

const nothing = z.null();
const ofAttempt = z.object({ handle });
const ofEnvironment = z.object({ location: environmentLocation });
const maxListed = 100_000;

/** `deadlineSeconds`: after this time without a result the server gives up. Null: its caller aborts it. */
export const methods = {
  probe: {
    arguments: nothing,
    result: z.object({ ok: z.boolean(), detail: z.string().max(65_536) }),
    deadlineSeconds: 30,
  },
  readMachine: {
    arguments: nothing,
    result: z.object({ cpus: z.number(), memoryBytes: z.number() }).nullable(),
    deadlineSeconds: 30,
  },
  /** The address of the attempt routes on the worker's machine. */
  findAttemptsAddress: {
    arguments: nothing,
    result: z.union([
      z.object({ url: z.string().max(1000), socket: z.string().max(4096).optional() }),
      z.object({ problem: z.string().max(4096) }),
    ]),
    deadlineSeconds: 30,
  },
  start: { arguments: attemptSpec, result: handle, deadlineSeconds: 300 },
  redirect: {
    arguments: ofAttempt.extend({ notice: z.string() }),
    result: nothing,
    deadlineSeconds: 30,
  },
  inspect: { arguments: ofAttempt, result: inspection, deadlineSeconds: 20 },
  stop: { arguments: ofAttempt.extend({ graceSeconds: z.number() }), result: nothing, deadlineSeconds: null },
  remove: { arguments: ofAttempt, result: nothing, deadlineSeconds: 600 },
  list: { arguments: nothing, result: z.array(listedAttempt).max(maxListed), deadlineSeconds: 60 },
  readSpool: {
    arguments: ofAttempt.extend({ offset: z.int(), maxBytes: z.int() }),
    result: z.base64().nullable(),
    deadlineSeconds: 60,
  },
  listPythons: { arguments: nothing, result: z.array(z.string().max(20)).max(100), deadlineSeconds: 60 },
  buildEnvironment: { arguments: environmentSpec, result: environmentLocation, deadlineSeconds: null },
  hasEnvironment: { arguments: ofEnvironment, result: z.boolean(), deadlineSeconds: 600 },
  removeEnvironment: { arguments: ofEnvironment, result: nothing, deadlineSeconds: 600 },
  measureEnvironment: { arguments: ofEnvironment, result: z.number(), deadlineSeconds: 600 },
  listCaches: { arguments: nothing, result: z.array(listedCache).max(maxListed), deadlineSeconds: 600 },
  removeCache: {
    arguments: z.object({ organizationId: z.string() }),
    result: nothing,
    deadlineSeconds: 600,
  },
  listStoredPackages: {
    arguments: nothing,
    result: z.array(storedPackage).max(maxListed),
    deadlineSeconds: 600,
  },
  removeStoredPackages: {
    arguments: z.object({ ids: z.array(z.string()) }),
    result: nothing,
    deadlineSeconds: 600,
  },
  takeSnapshot: {
    arguments: z.object({ scope: localDataScope, extent: snapshotExtent.optional() }),
    result: copiedData.nullable(),
    deadlineSeconds: 3600,
  },
  refreshCopy: {
    arguments: ofAttempt.extend({ scope: localDataScope }),
    result: nothing,
    deadlineSeconds: 3600,
  },
  listResources: {
    arguments: z.object({ withSizes: z.boolean() }),
    result: z.array(resource).max(maxListed),
    deadlineSeconds: 1800,
  },
  removeResource: { arguments: resourceName, result: nothing, deadlineSeconds: 1800 },
  /** Connects to an app; binary frames with this number then carry the connection. */
  connect: {
    arguments: ofAttempt.extend({ port: z.int(), connection: z.int() }),
    result: nothing,
    deadlineSeconds: 30,
  },
} as const;

export type MethodName = keyof typeof methods;
export type Arguments<Name extends MethodName> = z.output<(typeof methods)[Name]['arguments']>;
export type Result<Name extends MethodName> = z.output<(typeof methods)[Name]['result']>;

export const isMethod = (name: string): name is MethodName => Object.hasOwn(methods, name);
