/** What is wrong with one setting, or with the settings file as a whole. */
export interface SettingProblem {
  /** Stable, for scripts. */
  code: SettingProblemCode;
  /** What is wrong, and what to do. It contains no secret, and not the position. */
  message: string;
  /** In the settings file; null if the problem has no place there. */
  position: FilePosition | null;
  /** The key in the settings file; null for variables and for the file as a whole. */
  key: string | null;
}

export type SettingProblemCode =
  /** The settings file cannot be read. */
  | 'settings_file_unreadable'
  /** Other users could change the settings file, or read secrets in it. */
  | 'settings_file_unsafe'
  /** The settings file is not valid TOML. */
  | 'settings_file_syntax'
  /** A key of the settings file is not a setting. */
  | 'unknown_setting'
  /** A value cannot be used, or settings contradict each other. */
  | 'invalid_setting';

export interface FilePosition {
  file: string;
  /** From 1. */
  line: number;
  /** From 1. */
  column: number;
}

/** Invalid settings. The message names each, and the allowed values. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly SettingProblem[];

  constructor(message: string, problems?: readonly SettingProblem[]) {
    super(message);
    this.problems = problems ?? [{ code: 'invalid_setting', message, position: null, key: null }];
  }
}
