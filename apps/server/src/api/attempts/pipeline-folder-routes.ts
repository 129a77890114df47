import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { PipelineFolders } from '../../services/pipelines/pipeline-folders.ts';
import { z } from 'zod';
import { localDataLimits } from '../../domain/local-data/local-data-limits.ts';
import { cutContents, parse, partSizes, readJson } from './attempt-input.ts';
import {
  folderId,
  pipelineFolderChanges,
  pipelineName,
  readPipelineFolderChanges,
  sha256,
} from './pipeline-folder-input.ts';

const smallBodyLimit = 64 * 1024;
const recordBodyLimit = 16 * 1024 * 1024;
const maxPartsOfCall = 256;

const storeQuery = z.object({ folder: folderId, pipeline: pipelineName, sizes: partSizes });
const takeRequest = z.object({ pipeline: pipelineName });
const readRequest = z.object({ folder: folderId, parts: z.array(sha256).min(1).max(maxPartsOfCall) });

/** Registers the calls with which bootstraps without a disk that runs share keep working folders of pipelines. */
export function registerPipelineFolderRoutes(
  scope: FastifyInstance,
  prefix: string,
  folders: PipelineFolders,
  idOf: (request: FastifyRequest) => string,
): void {
  const storeBodyLimit = localDataLimits.partBytes;
  scope.post(`${prefix}/-store-pipeline-parts`, { bodyLimit: storeBodyLimit }, async (request) => {
    const { folder: id, pipeline, sizes } = parse('query', storeQuery, request.query);
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const folder = { id, pipelineName: pipeline };
    return { sha256: await folders.storeParts(idOf(request), folder, cutContents(body, sizes)) };
  });

  scope.post(`${prefix}/-record-pipeline-folders`, { bodyLimit: recordBodyLimit }, async (request) => {
    const changes = parse('body', pipelineFolderChanges, readJson(request.body));
    await folders.record(idOf(request), readPipelineFolderChanges(changes));
    return {};
  });

  scope.post(`${prefix}/-take-pipeline-folder`, { bodyLimit: smallBodyLimit }, async (request) => {
    const { pipeline } = parse('body', takeRequest, readJson(request.body));
    const taken = await folders.take(idOf(request), pipeline);
    if (taken === null) return { folder: null };
    const { id, attemptId, ...rest } = taken;
    return { folder: id, attempt: attemptId, ...rest };
  });

  scope.post(`${prefix}/-read-pipeline-parts`, { bodyLimit: smallBodyLimit }, async (request, reply) => {
    const { folder, parts } = parse('body', readRequest, readJson(request.body));
    return reply.type('application/octet-stream').send(await folders.openParts(idOf(request), folder, parts));
  });
}
