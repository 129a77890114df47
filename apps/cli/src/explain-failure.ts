import type { Config } from '@pumphouse/server/operator';
/** The message for a command that failed: what happened, to which thing, and what to do next. Pure. */

type SystemError = Error & {
  code?: string;
  syscall?: string;
  path?: string;
  address?: string;
  port?: number;
  hostname?: string;
};

/** The settings that an explanation needs; null if they could not be read. */
export type FailureSettings = Pick<
  Config,
  'attemptsHost' | 'attemptsPort' | 'dataDir' | 'databaseUrl' | 'host' | 'port'
> & { apps: Pick<Config['apps'], 'port'> };

/** Adds a next step to system errors; all others are already readable and stay unchanged. */
export function explainFailure(error: unknown, settings: FailureSettings | null): string {
  if (!(error instanceof Error)) return String(error);
  const failure: SystemError = error;
  return (
    (settings && explainListen(failure, settings)) ??
    (settings && explainDatabase(failure, settings)) ??
    (settings && explainFiles(failure, settings)) ??
    (failure.message || failure.code || failure.name)
  );
}

function explainListen(error: SystemError, settings: FailureSettings): string | null {
  if (
    error.syscall === 'getaddrinfo' &&
    [settings.host, settings.attemptsHost].includes(error.hostname ?? '')
  ) {
    const setting = error.hostname === settings.host ? 'PUMPHOUSE_HOST' : 'PUMPHOUSE_ATTEMPTS_HOST';
    return `${setting} is ${error.hostname}, and that name has no address. Set ${setting} to an address of this machine.`;
  }
  if (error.syscall !== 'listen' && error.syscall !== 'bind') return null;
  const { code, address, port } = error;
  const setting = findPortSetting(port, settings);
  if (code === 'EADDRINUSE')
    return `Port ${port} is in use on ${address}. Set ${setting} to another port, or end the program that uses it (ss -ltnp 'sport = :${port}' shows it).`;
  if (code === 'EACCES')
    return `This user may not listen on port ${port}. Set ${setting} to a port above 1023.`;
  if (code === 'EADDRNOTAVAIL') {
    const hostSetting = setting === 'PUMPHOUSE_ATTEMPTS_PORT' ? 'PUMPHOUSE_ATTEMPTS_HOST' : 'PUMPHOUSE_HOST';
    return `This machine has no address ${address}. Set ${hostSetting} to one of its addresses, or to 0.0.0.0 for all of them.`;
  }
  return null;
}

function findPortSetting(port: number | undefined, settings: FailureSettings): string {
  if (port === settings.port) return 'PUMPHOUSE_PORT';
  return port === settings.apps.port ? 'PUMPHOUSE_APPS_PORT' : 'PUMPHOUSE_ATTEMPTS_PORT';
}

const unreachable = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
/** SQLSTATEs of problems that an operator can fix. */
const databaseProblems: Record<string, string> = {
  '28P01':
    'it refuses the password. Check the password in PUMPHOUSE_DATABASE_URL or PUMPHOUSE_DATABASE_PASSWORD_FILE.',
  '28000': 'it refuses the user. Check the user in PUMPHOUSE_DATABASE_URL, and pg_hba.conf of that Postgres.',
  '3D000': 'it has no such database. Create it, or name another one in PUMPHOUSE_DATABASE_URL.',
  '42501': 'the user lacks a privilege. Make the user of PUMPHOUSE_DATABASE_URL the owner of the database.',
  '53300': 'it has no free connection. Raise max_connections of that Postgres; a server takes up to 20.',
};

/** Only for external databases: the embedded one explains its own errors. */
function explainDatabase(error: SystemError, { databaseUrl }: FailureSettings): string | null {
  if (!databaseUrl) return null;
  const code = error.code ?? '';
  const { host, pathname } = new URL(databaseUrl);
  const name = `The database ${decodeURIComponent(pathname.slice(1))} at ${host} cannot be used`;
  const problem = databaseProblems[code];
  if (problem) return `${name}: ${problem}`;
  if (!unreachable.has(code)) return null;
  return `${name}: there is no connection (${code}). Check that Postgres runs there and that PUMPHOUSE_DATABASE_URL has its host and port.`;
}

function explainFiles(error: SystemError, { dataDir }: FailureSettings): string | null {
  const { code, path } = error;
  if (!path || !(path === dataDir || path.startsWith(`${dataDir}/`) || dataDir.startsWith(`${path}/`)))
    return null;
  if (code === 'EACCES' || code === 'EPERM')
    return `This user may not write to ${path}, which the data folder ${dataDir} needs. Change its owner, or set PUMPHOUSE_DATA_DIR to a folder of this user.`;
  if (code === 'EROFS')
    return `${path} is on a file system that cannot be written to. Set PUMPHOUSE_DATA_DIR to a folder on another one.`;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return `The disk of ${dataDir} is full. Free some space: bin/pumphouse admin storage shows what Pumphouse keeps there.`;
  if (code === 'EEXIST' || code === 'ENOTDIR')
    return `${path} cannot be a folder: it, or a part of its path, is a file. Set PUMPHOUSE_DATA_DIR to a folder.`;
  return null;
}
