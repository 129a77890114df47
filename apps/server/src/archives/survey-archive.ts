/** Finds what takes the space in a rejected archive, which may be truncated, damaged or hostile. */
import { createReadStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createGunzip } from 'node:zlib';
import { extract as createExtract } from 'tar-stream';

export interface ArchiveSurvey {
  /** Largest first, at most `shownCount`. Sizes come from the headers, so a truncated file counts in full. */
  largestFiles: { path: string; sizeBytes: number }[];
  /** First parts of paths that contain the most files, at most `shownCount`. */
  fullestFolders: { path: string; fileCount: number }[];
}

export interface SurveyBounds {
  shownCount: number;
  maxUnpackedBytes: number;
  maxEntries: number;
  maxMilliseconds: number;
}

const folder = 'files/';

/**
 * Reads the headers of an archive until its end, the first error, or a limit. Never fails because of the
 * archive's content.
 */
export async function surveyArchive(path: string, bounds: SurveyBounds): Promise<ArchiveSurvey> {
  const files: ArchiveSurvey['largestFiles'] = [];
  const fileCounts = new Map<string, number>();
  const stop = new AbortController();
  const extract = createExtract();
  const flowing = pipeline(
    createReadStream(path),
    // Read a truncated archive as far as it goes.
    createGunzip({ chunkSize: 64 * 1024, finishFlush: constants.Z_SYNC_FLUSH }),
    createBound(bounds.maxUnpackedBytes),
    extract,
    { signal: AbortSignal.any([stop.signal, AbortSignal.timeout(bounds.maxMilliseconds)]) },
  ).catch(() => undefined);
  let entryCount = 0;
  try {
    for await (const entry of extract) {
      entry.resume();
      entryCount += 1;
      if (entryCount > bounds.maxEntries) break;
      const { name, size, type } = entry.header;
      if (type !== 'file' || !name.startsWith(folder)) continue;
      const filePath = name.slice(folder.length);
      keepLargest(files, { path: filePath, sizeBytes: size ?? 0 }, bounds.shownCount);
      countIn(fileCounts, filePath);
    }
  } catch {
    // Return what was read so far.
  } finally {
    stop.abort();
    await flowing;
  }
  return { largestFiles: files, fullestFolders: listFullest(fileCounts, bounds.shownCount) };
}

function createBound(maxBytes: number): Transform {
  let passedBytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      passedBytes += chunk.length;
      done(passedBytes > maxBytes ? new Error('Enough was read') : null, chunk);
    },
  });
}

function countIn(fileCounts: Map<string, number>, filePath: string): void {
  const slash = filePath.indexOf('/');
  if (slash < 0) return;
  const top = filePath.slice(0, slash);
  fileCounts.set(top, (fileCounts.get(top) ?? 0) + 1);
}

function keepLargest(
  files: ArchiveSurvey['largestFiles'],
  file: ArchiveSurvey['largestFiles'][number],
  count: number,
): void {
  files.push(file);
  files.sort((one, other) => other.sizeBytes - one.sizeBytes);
  files.length = Math.min(files.length, count);
}

function listFullest(counts: Map<string, number>, shownCount: number): ArchiveSurvey['fullestFolders'] {
  return [...counts]
    .map(([path, fileCount]) => ({ path, fileCount }))
    .sort((one, other) => other.fileCount - one.fileCount)
    .slice(0, shownCount);
}
