/** Returns the code of a system error, such as 'ENOENT'; undefined for other errors. */
export function errorCodeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Reports whether a system error has this code. */
export function isErrorCode(error: unknown, code: string): boolean {
  return errorCodeOf(error) === code;
}
