import type { PipelineFolderChanges } from '../../services/pipelines/record-pipeline-folders.ts';
import { z } from 'zod';
import { isLocalDataPath } from '../../domain/local-data/local-data-path.ts';
import { localDataLimits } from '../../domain/local-data/local-data-limits.ts';
import { pipelineFolderLimits } from '../../services/pipelines/record-pipeline-folders.ts';

const maxFolders = 200;
const maxPackages = 200;
const maxNotesLength = 16 * 1024;

/** User code chooses it. Postgres takes no NUL. */
export const pipelineName = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/);
export const folderId = z.guid();
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const path = z.string().max(1024).refine(isLocalDataPath, 'is not a path in a folder');
const sizeBytes = z
  .int()
  .min(0)
  .max(2 ** 50);

const file = z.object({
  mode: z.int().min(0).max(0o777),
  size_bytes: sizeBytes,
  changed_ns: z.string().regex(/^-?\d{1,19}$/),
  parts: z
    .array(z.tuple([sizeBytes, z.int().min(1).max(localDataLimits.partBytes), sha256]))
    .max(localDataLimits.totalBytes / localDataLimits.partBytes)
    .nullable(),
});

/** What user code may have written: Postgres takes no NUL and no unpaired surrogates in JSON. */
const notes = z
  .record(z.string(), z.unknown())
  .refine((value) => JSON.stringify(value).length <= maxNotesLength, 'is too large')
  .transform((value): unknown => JSON.parse(cleanJson(value)))
  .pipe(z.record(z.string(), z.unknown()));

const savedFolder = z.object({
  folder: folderId,
  pipeline: pipelineName,
  origin: notes,
  packages: z.array(notes).max(maxPackages),
  changed: z
    .record(path, file)
    .refine((files) => Object.keys(files).length <= pipelineFolderLimits.filesOfFolder, 'has too many files'),
  removed: z.array(path).max(pipelineFolderLimits.filesOfFolder),
});

export const pipelineFolderChanges = z.object({
  saved: z.array(savedFolder).max(maxFolders),
  removed: z.array(folderId).max(maxFolders),
});

export function readPipelineFolderChanges({
  saved,
  removed,
}: z.output<typeof pipelineFolderChanges>): PipelineFolderChanges {
  return {
    saved: saved.map(({ folder, pipeline, ...rest }) => ({ ...rest, id: folder, pipelineName: pipeline })),
    removed,
  };
}

function cleanJson(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'string' ? each.replaceAll('\0', '\ufffd').toWellFormed() : each,
  );
}
