/** A statement waited longer for a lock of another transaction than its own transaction allows. */
export class LockTimeoutError extends Error {
  override readonly name = 'LockTimeoutError';

  /** @param statement its first line, without values */
  constructor(statement: string, options: ErrorOptions) {
    super(`Another transaction holds a lock for too long: ${statement}`, options);
  }
}
