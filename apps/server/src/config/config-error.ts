/** Settings that cannot be used. The message names each, and says what it may be. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
