/** Whether an error of the system has this code, such as 'ENOENT'. */
export function isErrorCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
