/**
 * Why an uploaded archive is refused. `archive_unsafe`: an entry could write or read outside its folder. `hash_mismatch`:
 * the bytes are not those the manifest names. `archive_truncated`: the upload ended early. `archive_invalid`: not the
 * layout that the client writes. `upload_too_large`: more bytes or entries than the server takes.
 */
export type ArchiveErrorCode =
  'archive_unsafe' | 'hash_mismatch' | 'archive_truncated' | 'archive_invalid' | 'upload_too_large';

/** `message` names the entry and says what to do; it is fit to be shown to the one who uploads. */
export class ArchiveError extends Error {
  readonly code: ArchiveErrorCode;

  constructor(code: ArchiveErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ArchiveError';
    this.code = code;
  }

  /** The wire's word for the message. */
  get detail(): string {
    return this.message;
  }
}

/** Which limit an archive passes: packed bytes, unpacked bytes (in all, or for its size), the number of files, or the bytes of its manifest. */
export type ArchiveLimitName = 'bytes' | 'unpackedBytes' | 'expansion' | 'files' | 'manifest';

/** An archive that is larger than the server takes. `message` names the limit alone: what helps depends on the kind of archive. */
export class ArchiveTooLargeError extends ArchiveError {
  readonly limit: ArchiveLimitName;

  constructor(limit: ArchiveLimitName, message: string) {
    super('upload_too_large', message);
    this.name = 'ArchiveTooLargeError';
    this.limit = limit;
  }
}

const SHOWN_NAME_LENGTH = 200;

/** A name from an archive for an error text: quoted, with control characters escaped, and cut. */
export function quoteName(name: string): string {
  const shown = name.length > SHOWN_NAME_LENGTH ? `${name.slice(0, SHOWN_NAME_LENGTH)}…` : name;
  return JSON.stringify(shown);
}
