import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { isErrorCode } from '@pumphouse/server/operator';

const installedFile = '/etc/pumphouse/pumphouse.toml';

/**
 * Decides which settings file the commands of this process read: the option, else PUMPHOUSE_CONFIG, else the file of
 * the installation if there is one.
 * @returns an absolute path, or `none`
 */
export function chooseSettingsFile(
  option: string | undefined,
  variable: string | undefined,
  installed = installedFile,
): string {
  const given = option ?? (variable?.trim() || undefined);
  if (given !== undefined) return given === 'none' ? given : resolve(given);
  return isAbsent(installed) ? 'none' : installed;
}

/** A file that exists but cannot be read is reported later: without it, the commands would manage another server. */
function isAbsent(file: string): boolean {
  try {
    statSync(file);
    return false;
  } catch (error) {
    return isErrorCode(error, 'ENOENT') || isErrorCode(error, 'ENOTDIR');
  }
}
