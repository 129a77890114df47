/**
 * Whether a response broke off after its first byte. fetch reports that as a `TypeError`; errors of the API and
 * of the command are their own classes.
 */
export function isLostConnection(error: unknown): boolean {
  if (!(error instanceof TypeError)) return false;
  return error.message === 'terminated' || error.message === 'fetch failed' || error.cause !== undefined;
}
