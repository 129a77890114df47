import { errorCodeOf } from './error-code.ts';

/** Codes of the file system and of Postgres. */
const fullDiskCodes = new Set(['ENOSPC', 'EDQUOT', '53100']);

/** Reports whether a full disk caused an error. Programs such as Postgres tell it only in the text that they end with. */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (
    fullDiskCodes.has(errorCodeOf(error) ?? '') ||
    error.message.includes('No space left on device') ||
    isDiskFull(error.cause)
  );
}

/** Adds the folder to an error about a full disk: those of writes name no file. */
export function nameFullDisk(error: unknown, folder: string): unknown {
  if (isDiskFull(error) && error instanceof Error && !('path' in error))
    Object.assign(error, { path: folder });
  return error;
}
