import type { FastifyRequest } from 'fastify';
import type { MultipartFile } from '@fastify/multipart';
import { bytesOf } from '../platform/bytes-of.ts';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { formatBytes } from '../domain/primitives/format-bytes.ts';
import { ServiceError } from '../platform/service-error.ts';
import { uploadFolderPrefix } from '../services/retention/upload-folders.ts';

export interface ReceivedFile {
  path: string;
  sizeBytes: number;
}

/** The parts of an upload, in a folder that is removed on disposal. */
export interface ReceivedFiles extends AsyncDisposable {
  /** @throws ServiceError invalid_request when the upload lacks this part */
  require(name: string): ReceivedFile;
  find(name: string): ReceivedFile | undefined;
}

export interface PartLimit {
  maxBytes: number;
  /**
   * Rejects a part that is too large.
   * @param path the bytes received until then
   * @param declaredBytes size of the whole request
   */
  refuse?: (path: string, declaredBytes: number | null) => Promise<never>;
}

/**
 * Writes the parts of a multipart body to files and enforces their limits. Parts without a limit are skipped.
 * @param limits the parts to keep, with the maximum size of each
 * @throws ServiceError upload_too_large. Nothing is left on disk then, nor when the caller disconnects
 */
export async function receiveFiles(
  request: FastifyRequest,
  uploadDir: string,
  limits: Record<string, PartLimit>,
): Promise<ReceivedFiles> {
  if (!request.isMultipart()) throw notMultipart();
  await mkdir(uploadDir, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(uploadDir, uploadFolderPrefix));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const files = await writeParts(request, folder, limits);
    return {
      require: (name) => files.get(name) ?? missing(name),
      find: (name) => files.get(name),
      [Symbol.asyncDispose]: remove,
    };
  } catch (error) {
    await remove();
    // Drain the rest of the body: a client that only sends would never read the response.
    request.raw.unpipe();
    request.raw.resume();
    throw error;
  }
}

/**
 * Reads one part of a multipart body into memory, for content that must not be written to disk in plain form.
 * Other parts are skipped.
 * @throws ServiceError upload_too_large, or invalid_request when the part is missing
 */
export async function receiveInMemory(
  request: FastifyRequest,
  name: string,
  maxBytes: number,
): Promise<Buffer> {
  if (!request.isMultipart()) throw notMultipart();
  let received: Buffer | null = null;
  const limits = { fileSize: maxBytes + 1, fieldSize: 1024, fields: 8, files: 4, parts: 12 };
  for await (const part of readParts(request, limits)) {
    if (part.type !== 'file') continue;
    if (part.fieldname !== name || received) {
      part.file.resume();
      continue;
    }
    received = await collect(part, maxBytes).catch((error: unknown) => {
      throw refuseBody(error);
    });
  }
  return received ?? missing(name);
}

type Limits = NonNullable<NonNullable<Parameters<FastifyRequest['parts']>[0]>['limits']>;

/** @throws ServiceError unsupported_media_type, invalid_request, see `refuseBody` */
async function* readParts(request: FastifyRequest, limits: Limits): ReturnType<FastifyRequest['parts']> {
  try {
    yield* request.parts({ limits });
  } catch (error) {
    throw refuseBody(error);
  }
}

/**
 * The parser reports these client errors as internal errors: a missing boundary, a truncated body or part.
 */
function refuseBody(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (/^(Multipart: |The needle )/.test(error.message)) return notMultipart();
  if (!error.message.toLowerCase().endsWith('unexpected end of multipart data')) return error;
  return new ServiceError('invalid_request', 'The multipart body ends before its last boundary.');
}

async function collect(part: MultipartFile, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of bytesOf(part.file)) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) throw new PartTooLarge(part.fieldname, maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function writeParts(request: FastifyRequest, folder: string, partLimits: Record<string, PartLimit>) {
  const files = new Map<string, ReceivedFile>();
  const names = Object.keys(partLimits);
  // The byte count below enforces the limit; the parser only must not stop earlier.
  const fileSize = Math.max(...Object.values(partLimits).map(({ maxBytes }) => maxBytes)) + 1;
  const limits = { fileSize, fieldSize: 1024, fields: 8, files: names.length + 2, parts: names.length + 10 };
  for await (const part of readParts(request, limits)) {
    if (part.type !== 'file') continue;
    const limit = Object.hasOwn(partLimits, part.fieldname) ? partLimits[part.fieldname] : undefined;
    if (limit === undefined || files.has(part.fieldname)) {
      part.file.resume();
      continue;
    }
    // The name comes from our own list, never from the caller.
    const path = join(folder, part.fieldname);
    const written = await writePart(part, path, limit.maxBytes).catch(async (error: unknown) => {
      if (error instanceof PartTooLarge && limit.refuse)
        return limit.refuse(path, readDeclaredBytes(request));
      throw refuseBody(error);
    });
    files.set(part.fieldname, written);
  }
  return files;
}

function readDeclaredBytes(request: FastifyRequest): number | null {
  const declared = Number(request.headers['content-length']);
  return Number.isSafeInteger(declared) ? declared : null;
}

async function writePart(part: MultipartFile, path: string, limit: number): Promise<ReceivedFile> {
  let sizeBytes = 0;
  await pipeline(
    part.file,
    async function* count(chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        const room = limit - sizeBytes;
        sizeBytes += chunk.length;
        yield chunk.subarray(0, room);
        if (sizeBytes > limit) return;
      }
    },
    createWriteStream(path, { flags: 'wx', mode: 0o600 }),
  );
  // Check only now: everything up to the limit is on disk, so `refuse` can inspect what uses the space.
  if (sizeBytes > limit) throw new PartTooLarge(part.fieldname, limit);
  return { path, sizeBytes };
}

function notMultipart(): ServiceError {
  return new ServiceError(
    'unsupported_media_type',
    'Send the files as multipart/form-data, with its boundary.',
  );
}

class PartTooLarge extends ServiceError {
  constructor(name: string, maxBytes: number) {
    const message = `has more than ${formatBytes(maxBytes)}, the limit of this server`;
    super('upload_too_large', `The part "${name}" of the upload ${message}.`, [{ key: name, message }]);
  }
}

function missing(name: string): never {
  const message = 'is missing';
  throw new ServiceError('invalid_request', `The part "${name}" ${message}.`, [{ key: name, message }]);
}
