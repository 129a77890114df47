import type { BackupBlob } from '../../domain/backups/backup-manifest.ts';
import type { BlobStat, BlobStore } from '../../blobs/blob-store.ts';
import type { LogChunkRows } from '../../blobs/logs/log-chunks.ts';
import type { LogFiles } from '../../blobs/logs/log-files.ts';
import type { PackedContent, PackWriter } from './pack-writer.ts';
import type { SnapshotLog } from '../../store/postgres/backups/snapshot.ts';
import pLimit from 'p-limit';
import { BlobNotFoundError } from '../../blobs/blob-store.ts';
import { isMarkerKey } from '../../blobs/s3/prefix-owner.ts';
import { packLog } from '../../blobs/logs/sealed-log.ts';
import { readLogPieces } from '../../blobs/logs/log-lines.ts';
import { readBlob } from '../../blobs/read-blob.ts';
import { sealedLogKey } from '../../blobs/logs/chunked-log.ts';

export interface BlobSource {
  blobs: BlobStore;
  logFiles: LogFiles;
  logChunks: Pick<LogChunkRows, 'describe'>;
}

export interface CopiedBlobs {
  blobs: BackupBlob[];
  missingLogs: number;
}

interface Candidate {
  key: string;
  version: string;
  /** Null if the blob was removed meanwhile, or its log has been lost. */
  read: () => Promise<PackedContent | null>;
  isLog: boolean;
}

/** Blobs that are read ahead, while others are written. */
const readAtOnce = 8;
const readAhead = 64;
const maxBufferedBytes = 1024 ** 2;
/** Logs are copied as their attempts are listed. Environments are built again. */
const otherPrefixes = ['logs/', 'environments/'];

/**
 * Copies the blobs and logs of an installation into packs, except those that the last backup has in the same version.
 * Every blob that the snapshot refers to exists, because none is removed meanwhile; some are newer.
 */
export async function copyBlobs(
  source: BlobSource,
  logs: readonly SnapshotLog[],
  { known, writer }: { known: ReadonlyMap<string, BackupBlob>; writer: PackWriter },
): Promise<CopiedBlobs> {
  const copied: CopiedBlobs = { blobs: [], missingLogs: 0 };
  const limit = pLimit(readAtOnce);

  async function copyBatch(batch: readonly Candidate[]): Promise<void> {
    const reads = batch.map((candidate) => limit(candidate.read));
    // Awaited one after the other below, so a failure may come before its turn.
    for (const read of reads) read.catch(() => undefined);
    for (const [index, { key, version, isLog }] of batch.entries()) {
      const content = await reads[index];
      if (content) {
        const { pack, sha256 } = await writer.add(content);
        copied.blobs.push({ key, sizeBytes: content.sizeBytes, sha256, version, pack });
      } else if (isLog) copied.missingLogs += 1;
    }
  }

  let batch: Candidate[] = [];
  for await (const candidate of listCandidates(source, logs)) {
    const before = known.get(candidate.key);
    if (before?.version === candidate.version) {
      copied.blobs.push(before);
      continue;
    }
    batch.push(candidate);
    if (batch.length < readAhead) continue;
    await copyBatch(batch);
    batch = [];
  }
  await copyBatch(batch);
  return copied;
}

async function* listCandidates(source: BlobSource, logs: readonly SnapshotLog[]): AsyncIterable<Candidate> {
  for await (const found of source.blobs.list('')) {
    if (isMarkerKey(found.key) || otherPrefixes.some((prefix) => found.key.startsWith(prefix))) continue;
    const version = `${found.sizeBytes}-${found.modifiedAt.getTime()}`;
    yield { key: found.key, version, isLog: false, read: () => readContent(source.blobs, found.key, found) };
  }
  for (const log of logs) {
    const version = `log-${log.bytes}${log.isSealed ? '' : '-open'}`;
    yield { key: sealedLogKey(log.attemptId), version, isLog: true, read: () => readLog(source, log) };
  }
}

/** @param key the key in the backup, if the blob has another one there */
async function readContent(
  blobs: BlobStore,
  key: string,
  found: Pick<BlobStat, 'key' | 'sizeBytes'>,
): Promise<PackedContent | null> {
  try {
    if (found.sizeBytes > maxBufferedBytes)
      return { key, sizeBytes: found.sizeBytes, content: await blobs.openRead(found.key) };
    const content = await readBlob(blobs, found.key);
    return { key, sizeBytes: content.length, content };
  } catch (error) {
    if (error instanceof BlobNotFoundError) return null;
    throw error;
  }
}

/** Reads a log as one compressed blob: as it is stored if it is one already. */
async function readLog(
  source: BlobSource,
  { attemptId, bytes, isSealed }: SnapshotLog,
): Promise<PackedContent | null> {
  const key = sealedLogKey(attemptId);
  if (isSealed) {
    const [only, ...others] = await source.logChunks.describe(attemptId, 0);
    const stored = only
      ? { key: only.objectKey, sizeBytes: only.objectBytes }
      : ((await source.blobs.stat(key)) ?? { key: null, sizeBytes: null });
    if (others.length === 0 && stored.key !== null && stored.sizeBytes !== null)
      return readContent(source.blobs, key, { key: stored.key, sizeBytes: stored.sizeBytes });
  }
  if (!(await source.logFiles.holds(attemptId, bytes))) return null;
  const content = Buffer.concat(
    await Array.fromAsync(packLog(readLogPieces(source.logFiles, attemptId, bytes))),
  );
  return { key, sizeBytes: content.length, content };
}
