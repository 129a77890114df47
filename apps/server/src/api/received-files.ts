import type { FastifyRequest } from 'fastify';
import type { MultipartFile } from '@fastify/multipart';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ServiceError } from '../services/service-error.ts';

export interface ReceivedFile {
  path: string;
  sizeBytes: number;
}

/** The parts of an upload, in a folder that is gone when this is disposed. */
export interface ReceivedFiles extends AsyncDisposable {
  /** @throws ServiceError invalid_request when the upload has no such part */
  require(name: string): ReceivedFile;
}

const folderPrefix = 'upload-';

/**
 * Writes the parts of a multipart body to files, counting while they come. Parts without a limit are read past.
 * @param maxBytes the parts that are kept, with the most bytes of each
 * @throws ServiceError upload_too_large; nothing is left on disk then, nor when the caller goes away
 */
export async function receiveFiles(
  request: FastifyRequest,
  uploadDir: string,
  maxBytes: Record<string, number>,
): Promise<ReceivedFiles> {
  if (!request.isMultipart()) {
    throw new ServiceError('unsupported_media_type', 'Send the files as multipart/form-data.');
  }
  await mkdir(uploadDir, { recursive: true, mode: 0o700 });
  const folder = await mkdtemp(join(uploadDir, folderPrefix));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const files = await writeParts(request, folder, maxBytes);
    return {
      require: (name) => files.get(name) ?? missing(name),
      [Symbol.asyncDispose]: remove,
    };
  } catch (error) {
    await remove();
    // What is still on its way has to be read, or a client that only sends would never come to read the answer.
    request.raw.unpipe();
    request.raw.resume();
    throw error;
  }
}

/** Removes what uploads left behind whose server was killed. */
export async function removeAbandonedUploads(uploadDir: string): Promise<void> {
  await mkdir(uploadDir, { recursive: true, mode: 0o700 });
  for (const name of await readdir(uploadDir)) {
    if (name.startsWith(folderPrefix)) await rm(join(uploadDir, name), { recursive: true, force: true });
  }
}

async function writeParts(request: FastifyRequest, folder: string, maxBytes: Record<string, number>) {
  const files = new Map<string, ReceivedFile>();
  const names = Object.keys(maxBytes);
  // The counting below decides; the parser only must not stop before it.
  const fileSize = Math.max(...Object.values(maxBytes)) + 1;
  const limits = { fileSize, fieldSize: 1024, fields: 8, files: names.length + 2, parts: names.length + 10 };
  for await (const part of request.parts({ limits })) {
    if (part.type !== 'file') continue;
    const limit = Object.hasOwn(maxBytes, part.fieldname) ? maxBytes[part.fieldname] : undefined;
    if (limit === undefined || files.has(part.fieldname)) {
      part.file.resume();
      continue;
    }
    // The name is one of ours, never one that the caller chose.
    files.set(part.fieldname, await writePart(part, join(folder, part.fieldname), limit));
  }
  return files;
}

async function writePart(part: MultipartFile, path: string, limit: number): Promise<ReceivedFile> {
  let sizeBytes = 0;
  await pipeline(
    part.file,
    async function* count(chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        sizeBytes += chunk.length;
        if (sizeBytes > limit) throw tooLarge(part.fieldname, limit);
        yield chunk;
      }
    },
    createWriteStream(path, { flags: 'wx', mode: 0o600 }),
  );
  return { path, sizeBytes };
}

function tooLarge(name: string, limit: number): ServiceError {
  const message = `has more than ${limit} bytes`;
  return new ServiceError('upload_too_large', `The part "${name}" ${message}.`, [{ key: name, message }]);
}

function missing(name: string): never {
  const message = 'is missing';
  throw new ServiceError('invalid_request', `The part "${name}" ${message}.`, [{ key: name, message }]);
}
