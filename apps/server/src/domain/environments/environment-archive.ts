/**
 * An environment as an archive: a compressed tar file in parts, for pods that share no claim. Pure. The format is that of
 * environment_archive.py.
 */

export interface EnvironmentArchive {
  /** Unguessable; names the blobs. */
  id: string;
  parts: number;
  sizeBytes: number;
  /** At most what the unpacked files take on the disk. */
  unpackedBytes: number;
  /** Of all parts together, in hex. */
  sha256: string;
}

/** Each part but the last has this size. A server has one in memory at a time. */
export const archivePartBytes = 8 * 1024 * 1024;
/** 8 GiB. */
export const maxArchiveParts = 1024;
/** The disk space of a build. */
export const maxUnpackedBytes = 20 * 1024 ** 3;

export function archivePartKey(archiveId: string, number: number): string {
  return `environments/${archiveId}/${String(number).padStart(4, '0')}`;
}

export function listArchiveKeys({ id, parts }: Pick<EnvironmentArchive, 'id' | 'parts'>): string[] {
  return Array.from({ length: Math.min(parts, maxArchiveParts) }, (_, number) => archivePartKey(id, number));
}
