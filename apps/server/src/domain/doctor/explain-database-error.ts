/** Explains why an external database cannot be used. Pure. */

const unreachable = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** SQLSTATEs of problems that an operator can fix: what happened, and what to do. */
const databaseProblems: Record<string, readonly [happened: string, nextStep: string]> = {
  '28P01': [
    'it refuses the password',
    'Check the password in PUMPHOUSE_DATABASE_URL or PUMPHOUSE_DATABASE_PASSWORD_FILE.',
  ],
  '28000': [
    'it refuses the user',
    'Check the user in PUMPHOUSE_DATABASE_URL, and pg_hba.conf of that Postgres.',
  ],
  '3D000': ['it has no such database', 'Create it, or name another one in PUMPHOUSE_DATABASE_URL.'],
  '42501': [
    'the user lacks a privilege',
    'Make the user of PUMPHOUSE_DATABASE_URL the owner of the database.',
  ],
  '53300': ['it has no free connection', 'Raise max_connections of that Postgres; a server takes up to 20.'],
};

/**
 * Explains an error of a connection by its code.
 * @param databaseUrl PUMPHOUSE_DATABASE_URL; the result names its host and database only
 * @returns null for an unknown error
 */
export function explainDatabaseError(
  code: string,
  databaseUrl: string,
): { happened: string; nextStep: string } | null {
  const { host, pathname } = new URL(databaseUrl);
  const name = `The database ${decodeURIComponent(pathname.slice(1))} at ${host} cannot be used`;
  const known = databaseProblems[code];
  if (known) return { happened: `${name}: ${known[0]}.`, nextStep: known[1] };
  if (!unreachable.has(code)) return null;
  return {
    happened: `${name}: there is no connection (${code}).`,
    nextStep: 'Check that Postgres runs there and that PUMPHOUSE_DATABASE_URL has its host and port.',
  };
}
