/** An error of the file system: its code, such as `EACCES`, and the path that it is about. */
export interface FileError extends Error {
  code: string;
  path: string;
}

export function isFileError(error: unknown): error is FileError {
  return error instanceof Error && 'path' in error && 'syscall' in error && 'code' in error;
}
