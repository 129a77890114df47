/** Invalid settings. The message names each, and the allowed values. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
