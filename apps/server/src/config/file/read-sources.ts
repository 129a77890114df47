/** Merges the variables and the settings file. */
import { ConfigError, type FilePosition } from '../config-error.ts';
import type { Setting } from '../setting-list.ts';
import { withoutBlank } from '../read-values.ts';
import { openSettingsFile } from './open-settings-file.ts';
import type { FileSetting } from './read-entries.ts';

export type Variables = Record<string, string | undefined>;

export interface OverriddenSetting {
  key: string;
  position: FilePosition;
  /** The variable that is used instead. */
  variable: string;
}

export interface Sources {
  /** All variables of the process, and the settings of the file that no variable sets. */
  variables: Variables;
  /** The settings that come from the file, by their variables. */
  fromFile: ReadonlyMap<string, { key: string; position: FilePosition }>;
  /** The settings of the file that a variable overrides. */
  overridden: OverriddenSetting[];
  /** Path of the settings file; null if there is none. */
  file: string | null;
}

/**
 * Reads the settings file that PUMPHOUSE_CONFIG names, unless it is `none`. A variable wins over the file, and a
 * secret or the file of that secret in a variable over both in the file.
 * @throws ConfigError if the file cannot be used
 */
export function readSources(env: Variables): Sources {
  const set = withoutBlank(env);
  const file = set['PUMPHOUSE_CONFIG'];
  if (file === undefined || file === 'none')
    return { variables: set, fromFile: new Map(), overridden: [], file: null };
  const found = openSettingsFile(file).map((each) => ({ ...each, by: findOverride(each.setting, set) }));
  const used = found.filter(({ by }) => by === null);
  return {
    variables: { ...Object.fromEntries(used.map(({ setting, text }) => [setting.variable, text])), ...set },
    fromFile: new Map(used.map(toOrigin)),
    overridden: found.flatMap(({ setting: { key }, position, by }) =>
      by === null ? [] : [{ key, position, variable: by }],
    ),
    file,
  };
}

function toOrigin({ setting, position }: FileSetting) {
  return [setting.variable, { key: setting.key, position }] as const;
}

/** @returns the variable that overrides a setting of the file: its own, or for a secret also that of its file */
function findOverride({ variable, fileOf }: Setting, set: Variables): string | null {
  const secret = fileOf ?? variable;
  return [variable, secret, `${secret}_FILE`].find((name) => set[name] !== undefined) ?? null;
}

/**
 * Does the work. If it fails because of settings, the error also names the lines of the file that set them.
 * @throws ConfigError
 */
export function explainOrigins<Result>({ fromFile }: Pick<Sources, 'fromFile'>, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ConfigError) || fromFile.size === 0) throw error;
    throw addOrigins(error, fromFile);
  }
}

function addOrigins(error: ConfigError, fromFile: Sources['fromFile']): ConfigError {
  const named = [...new Set(error.message.match(/\b(?:PUMPHOUSE|OTEL|OPENLINEAGE)_[A-Z0-9_]+/g) ?? [])];
  const origins = named.flatMap((variable) => {
    const origin = fromFile.get(variable);
    return origin ? [{ variable, ...origin }] : [];
  });
  const [first] = origins;
  if (!first) return error;
  const lines = origins.map(
    ({ variable, key, position: { file, line, column } }) =>
      `${file}:${line}:${column}: ${key} sets ${variable}`,
  );
  const problem = { code: 'invalid_setting', message: error.message } as const;
  const { position, key } = first;
  return new ConfigError(`${error.message}\n  ${lines.join('\n  ')}`, [{ ...problem, position, key }]);
}
