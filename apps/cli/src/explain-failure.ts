import type { Config, SpaceInput } from '@pumphouse/server/operator';
import {
  adviseFreeSpace,
  explainDatabaseError,
  explainListenError,
  formatBytes,
  isDiskFull,
} from '@pumphouse/server/operator';
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

/**
 * Adds a next step to system errors; all others are already readable and stay unchanged.
 * @param disks of the folders that the command may have written to
 */
export function explainFailure(
  error: unknown,
  settings: FailureSettings | null,
  disks: readonly SpaceInput[] = [],
): string {
  if (!(error instanceof Error)) return String(error);
  const failure: SystemError = error;
  return (
    (settings && explainFullDisk(failure, settings, disks)) ??
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
  const { code, port } = error;
  const settingOfPort = findPortSetting(port, settings);
  const host = settingOfPort === 'PUMPHOUSE_ATTEMPTS_PORT' ? 'PUMPHOUSE_ATTEMPTS_HOST' : 'PUMPHOUSE_HOST';
  return join(explainListenError(code, { address: error.address, port }, { port: settingOfPort, host }));
}

function findPortSetting(port: number | undefined, settings: FailureSettings): string {
  if (port === settings.port) return 'PUMPHOUSE_PORT';
  return port === settings.apps.port ? 'PUMPHOUSE_APPS_PORT' : 'PUMPHOUSE_ATTEMPTS_PORT';
}

/** Only for external databases: the embedded one explains its own errors. */
function explainDatabase(error: SystemError, { databaseUrl }: FailureSettings): string | null {
  return databaseUrl ? join(explainDatabaseError(error.code ?? '', databaseUrl)) : null;
}

function join(explained: { happened: string; nextStep: string } | null): string | null {
  return explained && `${explained.happened} ${explained.nextStep}`;
}

/** Errors of writes do not name their file, so the fullest disk is the one that the command could not write to. */
function explainFullDisk(
  error: SystemError,
  { dataDir }: FailureSettings,
  disks: readonly SpaceInput[],
): string | null {
  if (!isDiskFull(error)) return null;
  const [fullest] = disks.toSorted((one, other) => one.freeBytes - other.freeBytes);
  const path = error.path ?? fullest?.path ?? dataDir;
  const space =
    error.path === undefined && fullest
      ? ` (${formatBytes(fullest.freeBytes)} of ${formatBytes(fullest.sizeBytes)} are free)`
      : '';
  const isOfData = path === dataDir || path.startsWith(`${dataDir}/`);
  const advice = isOfData
    ? adviseFreeSpace(dataDir)
    : 'Free space on it, or choose a folder on another disk.';
  return `The disk of ${path} is full${space}. ${advice}`;
}

function explainFiles(error: SystemError, { dataDir }: FailureSettings): string | null {
  const { code, path } = error;
  if (!path || !(path === dataDir || path.startsWith(`${dataDir}/`) || dataDir.startsWith(`${path}/`)))
    return null;
  if (code === 'EACCES' || code === 'EPERM')
    return `This user may not write to ${path}, which the data folder ${dataDir} needs. Change its owner, or set PUMPHOUSE_DATA_DIR to a folder of this user.`;
  if (code === 'EROFS')
    return `${path} is on a file system that cannot be written to. Set PUMPHOUSE_DATA_DIR to a folder on another one.`;
  if (code === 'EEXIST' || code === 'ENOTDIR')
    return `${path} cannot be a folder: it, or a part of its path, is a file. Set PUMPHOUSE_DATA_DIR to a folder.`;
  return null;
}
