import type { AttemptLocalData } from '../../services/local-data/attempt-local-data.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { LocalDataFile } from '../../store/records.ts';
import { z } from 'zod';
import { localDataLimits } from '../../domain/local-data/local-data-limits.ts';
import { cutContents, parse, partSizes, readJson } from './attempt-input.ts';
import { pipelineFolderChanges, readPipelineFolderChanges } from './pipeline-folder-input.ts';

const listBodyLimit = 64 * 1024;
const commitBodyLimit = 32 * 1024 * 1024;
const maxPartsOfCall = 256;
const maxPartBytes = localDataLimits.partBytes;

const version = z.int().min(0);
const path = z.string().min(1).max(1024);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const sizeBytes = z
  .int()
  .min(0)
  .max(2 ** 50);

const listQuery = z.object({
  after: z.string().max(1024).default(''),
  at: z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number)
    .nullable()
    .default(null),
});
const readRequest = z.object({ parts: z.array(z.int().min(1)).min(1).max(maxPartsOfCall) });
/** The body is the contents, one after the other. */
const storeQuery = z.object({ sizes: partSizes });
const changedFile = z.object({
  path,
  mode: z.int().min(0).max(0o777),
  size_bytes: sizeBytes,
  changed_ns: z
    .string()
    .regex(/^-?\d{1,19}$/, { abort: true })
    .refine((text) => BigInt.asIntN(64, BigInt(text)) === BigInt(text)),
  link_target: z.string().max(4096).nullable(),
  database_path: path.nullable(),
  parts: z
    .array(z.tuple([sizeBytes, z.int().min(1).max(maxPartBytes), sha256]))
    .max(localDataLimits.totalBytes / maxPartBytes),
});
const commitRequest = z.object({
  base_version: version,
  changed: z.array(changedFile).max(localDataLimits.files),
  removed: z.array(path).max(localDataLimits.files),
  /** What changes in working folders of pipelines together with the local data. */
  pipeline_folders: pipelineFolderChanges.nullish(),
});

/** Registers the calls with which bootstraps download and store local data, below the routes of an attempt. */
export function registerLocalDataRoutes(
  scope: FastifyInstance,
  prefix: string,
  localData: AttemptLocalData,
  idOf: (request: FastifyRequest) => string,
): void {
  scope.get(`${prefix}/local-data`, async (request) => {
    const query = parse('query', listQuery, request.query);
    const { files, hasMore, ...listed } = await localData.list(idOf(request), query);
    return { ...listed, files: files.map(toFile), has_more: hasMore };
  });

  scope.get(`${prefix}/local-data-version`, async (request) => ({
    version: await localData.readSnapshotVersion(idOf(request)),
  }));

  scope.post(`${prefix}/-read-local-data`, { bodyLimit: listBodyLimit }, async (request, reply) => {
    const { parts } = parse('body', readRequest, readJson(request.body));
    return reply.type('application/octet-stream').send(await localData.openParts(idOf(request), parts));
  });

  const storeBodyLimit = maxPartBytes;
  scope.post(`${prefix}/-store-local-data`, { bodyLimit: storeBodyLimit }, async (request) => {
    const { sizes } = parse('query', storeQuery, request.query);
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    return { sha256: await localData.storeParts(idOf(request), cutContents(body, sizes)) };
  });

  scope.post(`${prefix}/-commit-local-data`, { bodyLimit: commitBodyLimit }, async (request) => {
    const commit = parse('body', commitRequest, readJson(request.body));
    const { pipeline_folders: folders = null } = commit;
    const changes = {
      baseVersion: commit.base_version,
      removed: commit.removed,
      changed: commit.changed.map((file) => ({
        path: file.path,
        mode: file.mode,
        sizeBytes: file.size_bytes,
        changedNs: file.changed_ns,
        linkTarget: file.link_target,
        databasePath: file.database_path,
        parts: file.parts.map(([offset, size, digest]) => ({ offset, sizeBytes: size, sha256: digest })),
      })),
    };
    if (folders === null) return localData.commit(idOf(request), changes);
    const { version: stored } = await localData.commit(
      idOf(request),
      changes,
      readPipelineFolderChanges(folders),
    );
    return { version: stored, has_pipeline_folders: true };
  });
}

function toFile({
  path: name,
  mode,
  sizeBytes: size,
  changedNs,
  linkTarget,
  databasePath,
  parts,
}: LocalDataFile) {
  return {
    path: name,
    mode,
    size_bytes: size,
    changed_ns: changedNs,
    link_target: linkTarget,
    database_path: databasePath,
    parts,
  };
}
