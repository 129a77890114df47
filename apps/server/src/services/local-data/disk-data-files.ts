import type {
  DataProgram,
  DataProgramCall,
  LocalDataFiles,
} from '../../executors/contract/local-data-files.ts';
import type { DataFile, DataFiles } from './data-files.ts';
import type { LocalDataScope } from '../../executors/contract/local-data-store.ts';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { ExecutorError } from '../../executors/contract/executor-error.ts';
import { ServiceError } from '../../platform/service-error.ts';
import { maxListedFiles } from './data-files.ts';

// Exit codes of `pumphouse_bootstrap/data_files.py`.
const busy = 75;
const missing = 76;
const maxReportBytes = 4096;

const fileSchema = z.object({ path: z.string(), size_bytes: z.number(), changed_at: z.number() });
const copySchema = z.object({ plain_changed_seconds_ago: z.number().nullable() });
const movedSchema = z.object({ file_count: z.number(), size_bytes: z.number(), is_kept: z.boolean() });

/** Files on the disk of an executor. */
export function createDiskDataFiles(files: LocalDataFiles): DataFiles {
  const openProgram = (scope: LocalDataScope, call: DataProgramCall) =>
    explain(() => files.openProgram(scope, call));

  /** @throws ServiceError local_data_in_use, local_data_missing, local_data_failed */
  async function requireSuccess({ ended }: DataProgram): Promise<void> {
    const { code, stderr } = await ended;
    if (code === 0) return;
    if (code === missing)
      throw new ServiceError('local_data_missing', 'The local data has no such file, folder or copy.');
    if (code === busy)
      throw new ServiceError('local_data_in_use', 'A run has a database of the local data open.');
    throw new ServiceError('local_data_failed', `The local data cannot be read: ${stderr || 'it was ended'}`);
  }

  /** @returns the last line; null without local data */
  async function ask(
    scope: LocalDataScope,
    call: DataProgramCall,
    onLine: (line: string) => void,
  ): Promise<boolean> {
    const program = await openProgram(scope, call);
    if (!program) return false;
    try {
      for await (const line of createInterface({ input: program.stdout, crlfDelay: Infinity })) onLine(line);
      await requireSuccess(program);
      return true;
    } finally {
      program.close();
    }
  }

  return {
    listProfiles: (workspaceId) => explain(() => files.listProfiles(workspaceId)),

    async list(scope) {
      const listed: DataFile[] = [];
      let [fileCount, sizeBytes] = [0, 0];
      await ask(scope, ['list'], (line) => {
        const file = fileSchema.parse(JSON.parse(line));
        fileCount += 1;
        sizeBytes += file.size_bytes;
        if (listed.length >= maxListedFiles) return;
        const changedAt = new Date(file.changed_at * 1000);
        listed.push({ path: file.path, sizeBytes: file.size_bytes, changedAt });
      });
      return { files: listed, fileCount, sizeBytes };
    },

    async open(scope, path, mayBeWritten) {
      const program = await openProgram(scope, ['archive', ...(path === null ? [] : [path])]);
      if (!program) throw new ServiceError('local_data_missing', 'There is no local data.');
      try {
        const { report, rest } = await readReport(program.stdout);
        if (report === '') await requireSuccess(program);
        const { plain_changed_seconds_ago: age } = copySchema.parse(JSON.parse(report));
        if (age !== null && (await mayBeWritten(age)))
          throw new ServiceError('local_data_in_use', 'A run may be writing files of the local data.');
        return Readable.from(
          continueReading(program, rest, () => requireSuccess(program)),
          {
            objectMode: false,
          },
        );
      } catch (error) {
        program.close();
        throw error;
      }
    },

    async exchange(scope, { keptId, brought }) {
      let answer = '{}';
      const call: DataProgramCall = ['exchange', keptId, ...(brought === null ? [] : [brought.id])];
      const isThere = await ask(scope, call, (line) => {
        answer = line;
      });
      if (!isThere) return { fileCount: 0, sizeBytes: 0, isKept: false, version: null };
      const moved = movedSchema.parse(JSON.parse(answer));
      return {
        fileCount: moved.file_count,
        sizeBytes: moved.size_bytes,
        isKept: moved.is_kept,
        version: null,
      };
    },

    async remove(scope, ids) {
      await ask(scope, ['remove', ...ids], () => undefined);
    },
  };
}

/** @throws ServiceError local_data_failed if an executor has no way to the files now, as without its engine */
async function explain<Result>(act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof ExecutorError)) throw error;
    throw new ServiceError('local_data_failed', error.message);
  }
}

/** Reads the first line of an output, and what has arrived after it. */
async function readReport(stdout: Readable): Promise<{ report: string; rest: Buffer }> {
  let bytes = Buffer.alloc(0);
  for (;;) {
    const end = bytes.indexOf('\n');
    if (end >= 0) return { report: bytes.subarray(0, end).toString(), rest: bytes.subarray(end + 1) };
    if (bytes.length > maxReportBytes) throw new Error('The copy of local data has no report.');
    const chunk = await readChunk(stdout);
    if (chunk === null) return { report: '', rest: bytes };
    bytes = Buffer.concat([bytes, chunk]);
  }
}

async function readChunk(stream: Readable): Promise<Buffer | null> {
  for (;;) {
    const chunk: unknown = stream.read();
    if (Buffer.isBuffer(chunk)) return chunk;
    if (stream.readableEnded || stream.destroyed) return null;
    await new Promise<void>((resolve) => {
      const done = () => {
        stream.off('readable', done).off('end', done).off('close', done);
        resolve();
      };
      stream.on('readable', done).on('end', done).on('close', done);
    });
  }
}

/** A reader that stops reading ends the program, which deletes its copy then. */
async function* continueReading(
  program: DataProgram,
  rest: Buffer,
  requireSuccess: () => Promise<void>,
): AsyncGenerator<Buffer> {
  try {
    if (rest.length > 0) yield rest;
    for await (const chunk of program.stdout) yield chunk;
    await requireSuccess();
  } finally {
    program.close();
  }
}
