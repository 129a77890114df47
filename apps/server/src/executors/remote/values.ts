/** Values of the executor contract as they are sent between a server and a worker. */
import { z } from 'zod';
import { maxArchiveParts, maxUnpackedBytes } from '../../domain/environments/environment-archive.ts';
import { packageSources } from '../../domain/environments/package-sources.ts';
import { runFailures, type RunFailureCode } from '../../domain/runs/run-failures.ts';
import { INSTANCE_SIZES } from '../../domain/jobs/job-definition.ts';
import { isKeyOf } from '../../domain/primitives/typed-record.ts';

/** An executor's handle, which only the worker's executor reads. */
export const handle = z
  .object({ executor: z.string().max(50), version: z.int(), data: z.record(z.string(), z.unknown()) })
  .refine((one) => JSON.stringify(one).length <= 16_384, 'is longer than 16 KiB');

const environmentArchive = z.object({
  id: z.uuid(),
  parts: z.int().min(1).max(maxArchiveParts),
  sizeBytes: z.int().min(1),
  unpackedBytes: z.int().min(1).max(maxUnpackedBytes),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

export const environmentLocation = z.object({
  executor: z.string().max(50),
  path: z.string().max(4096),
  archive: environmentArchive.optional(),
});

const localDataUse = z.discriminatedUnion('access', [
  z.object({ workspaceId: z.string(), profile: z.string(), access: z.literal('read-write') }),
  z.object({
    workspaceId: z.string(),
    profile: z.string(),
    access: z.literal('copy'),
    mountedAs: z.string(),
  }),
]);

/** The worker adds the address of its attempt routes. */
export const attemptSpec = z.object({
  attemptId: z.string(),
  jobRunId: z.string(),
  installationId: z.string(),
  claimNumber: z.int(),
  bootstrapSecret: z.string(),
  environment: environmentLocation,
  workFolderName: z.string(),
  localData: localDataUse.nullable(),
  uid: z.int(),
  limits: z.object({
    memoryBytes: z.number().nullable(),
    cpus: z.number().nullable(),
    processes: z.number().nullable(),
  }),
  instanceSize: z.enum(INSTANCE_SIZES),
  graceSeconds: z.number(),
  timeoutSeconds: z.number().nullable(),
  network: z.enum(['outgoing', 'isolated']),
});

export const inspection = z.discriminatedUnion('state', [
  z.object({ state: z.literal('running'), waitsFor: z.string().max(4096).optional() }),
  z.object({
    state: z.literal('exited'),
    exit: z.object({
      code: z.int().nullable(),
      signal: z.string().max(20).nullable(),
      outOfMemory: z.enum(['limit', 'machine']).nullable(),
    }),
  }),
  z.object({
    state: z.literal('missing'),
    detail: z.string().max(4096).optional(),
    code: z
      .custom<RunFailureCode>((code) => typeof code === 'string' && isKeyOf(runFailures, code))
      .optional(),
  }),
  z.object({ state: z.literal('unknown'), detail: z.string().max(4096) }),
]);

export const listedAttempt = z.object({ attemptId: z.uuid(), jobRunId: z.string().max(200), handle });

export const environmentSpec = z.object({
  key: z.string(),
  organizationId: z.string(),
  workspaceId: z.string(),
  pythonVersion: z.string(),
  requirements: z.array(z.string()),
  variables: z.record(z.string(), z.string()),
  maskedValues: z.array(z.string()),
  packageSources: packageSources.optional(),
  uid: z.int(),
  upload: z.object({ id: z.string(), url: z.string(), secret: z.string(), ticket: z.string() }).optional(),
});

export const environmentLine = z.object({
  stream: z.enum(['stdout', 'stderr']),
  text: z.string().max(65_536),
});

const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

export const listedCache = z.object({
  organizationId: z.string().max(200),
  sizeBytes: z.number(),
  changedAt: instant,
});
export const storedPackage = z.object({
  id: z.string().max(1000),
  usedAt: instant,
  sizeBytes: z.number(),
  isUsed: z.boolean(),
});

export const localDataScope = z.object({
  installationId: z.string(),
  workspaceId: z.string(),
  profile: z.string(),
  uid: z.int(),
});
export const snapshotExtent = z.object({ only: z.string().optional() });
export const copiedData = z.object({
  sizeBytes: z.number(),
  plainChangedSecondsAgo: z.number().nullable(),
});

const owner = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('attempt'), attemptId: z.string().max(200) }),
  z.object({ kind: z.literal('environment'), path: z.string().max(4096), key: z.string().max(200) }),
  z.object({ kind: z.literal('build'), key: z.string().max(200) }),
  z.object({ kind: z.literal('cache'), organizationId: z.string().max(200) }),
  z.object({
    kind: z.literal('local-data'),
    workspaceId: z.string().max(200),
    profile: z.string().max(200),
  }),
  z.object({ kind: z.literal('installation') }),
  z.object({ kind: z.literal('runner-image'), replacedAt: instant.nullable() }),
  z.object({ kind: z.literal('nobody') }),
]);
export const resourceName = z.object({
  kind: z.enum(['container', 'volume', 'network', 'image', 'folder', 'processes', 'control-group']),
  id: z.string().max(4096),
});
export const resource = resourceName.extend({ owner, madeAt: instant, sizeBytes: z.number().nullable() });

export const templateStatus = z.object({
  workspaceId: z.string().max(200),
  profile: z.string().max(200),
  environment: z.string().max(4096),
  startedAt: instant,
  lastUsedAt: instant,
  runs: z.int(),
  memoryBytes: z.number(),
});

/** An error of the contract; `other` is a defect, which the server treats as a backend that failed. */
export const callError = z.object({
  kind: z.enum([
    'image',
    'quota',
    'config',
    'backend',
    'python_not_found',
    'requirements_failed',
    'builder_failed',
    'aborted',
    'other',
  ]),
  message: z.string().max(65_536),
});
export type CallError = z.output<typeof callError>;
