const mebibyte = 1024 ** 2;

/** Limits of local data that is kept as objects, for one workspace and profile. */
export const localDataLimits = {
  /** A file is cut into pieces of this size. A server and a bootstrap keep one in memory. */
  partBytes: 4 * mebibyte,
  /** The disk of the largest instance size has 80 GiB. */
  totalBytes: 80 * 1024 * mebibyte,
  files: 50_000,
} as const;
