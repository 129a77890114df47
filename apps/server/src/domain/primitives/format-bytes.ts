const units = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Formats a size for users in powers of 1024, such as `1.5 MB`. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  const digits = power === 0 || value >= 100 || Number.isInteger(value) ? 0 : 1;
  return `${value.toFixed(digits)} ${units[power]}`;
}

/**
 * Formats memory in the unit of `PUMPHOUSE_INSTANCE_SIZES`, such as `4096 MiB`, so that messages and the
 * setting show the same number.
 */
export function formatMebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`;
}
