/**
 * Why an uploaded archive is rejected. `archive_unsafe`: an entry could write or read outside its folder.
 * `hash_mismatch`: the bytes do not match the manifest. `archive_truncated`: the upload ended early.
 * `archive_invalid`: not the layout that the client writes. `upload_too_large`: more bytes or entries than
 * the server accepts.
 */
export type ArchiveErrorCode =
  'archive_unsafe' | 'hash_mismatch' | 'archive_truncated' | 'archive_invalid' | 'upload_too_large';

/** `message` names the entry and what to do; it can be shown to the uploading user. */
export class ArchiveError extends Error {
  readonly code: ArchiveErrorCode;

  constructor(code: ArchiveErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ArchiveError';
    this.code = code;
  }

  /** The API's name for the message. */
  get detail(): string {
    return this.message;
  }
}

/**
 * The limit that an archive exceeds: compressed bytes, unpacked bytes (in total, or relative to its size),
 * the number of files, or the bytes of its manifest.
 */
export type ArchiveLimitName = 'bytes' | 'unpackedBytes' | 'expansion' | 'files' | 'manifest';

/**
 * An archive that is larger than the server accepts. `message` names only the limit, because the remedy
 * depends on the kind of archive.
 */
export class ArchiveTooLargeError extends ArchiveError {
  readonly limit: ArchiveLimitName;

  constructor(limit: ArchiveLimitName, message: string) {
    super('upload_too_large', message);
    this.name = 'ArchiveTooLargeError';
    this.limit = limit;
  }
}

const SHOWN_NAME_LENGTH = 200;

/**
 * Formats a name from an archive for an error message: quoted, with control characters escaped, and
 * truncated.
 */
export function quoteName(name: string): string {
  const shown = name.length > SHOWN_NAME_LENGTH ? `${name.slice(0, SHOWN_NAME_LENGTH)}…` : name;
  return JSON.stringify(shown);
}
