import { buildConfig, type Config } from './config.ts';
import { explainOrigins, readSources, type Sources, type Variables } from './file/read-sources.ts';
import { readSecretFiles } from './read-secret-files.ts';
import { settingList, type Setting } from './setting-list.ts';

export interface CurrentConfig {
  /**
   * The configuration in force. Only what comes from settings with `reload` ever differs from the start, so that a
   * part of the server reads those at each use.
   */
  readonly current: Config;
}

/** The configuration of a running server. */
export interface LiveConfig extends CurrentConfig {
  /** Path of the settings file; null if there is none. */
  readonly file: string | null;
  /** Lists the warnings about the settings, and the changed settings that wait for a restart. */
  listWarnings(): string[];
  /**
   * Reads all settings again. Those that a running server can follow are in force from then on.
   * @throws ConfigError if any setting is invalid; the configuration then stays as it is
   */
  reload(): Reloaded;
}

/** Keys of the settings file. */
export interface Reloaded {
  /** Changed by this reload, and in force. */
  applied: string[];
  /** Changed since the start, and without effect until the server starts again. */
  waiting: string[];
}

/**
 * Reads the settings for a server that runs.
 * @throws ConfigError naming each invalid setting and its allowed values
 */
export function createLiveConfig(env: Variables = process.env): LiveConfig {
  const start = readAll(env);
  let inForce = start.variables;
  let current = start.config;
  let waiting: string[] = [];
  return {
    file: start.sources.file,
    get current() {
      return current;
    },
    listWarnings: () => [...current.warnings, ...describeWaiting(waiting)],
    reload() {
      const next = readAll(env);
      const changed = listChanged(inForce, next.variables);
      const applied = changed.filter(({ reload }) => reload);
      const variables = { ...inForce };
      for (const { variable } of applied) variables[variable] = next.variables[variable];
      current = explainOrigins(next.sources, () => buildConfig(variables));
      inForce = variables;
      waiting = changed.filter(({ reload }) => !reload).map(({ key }) => key);
      return { applied: applied.map(({ key }) => key), waiting };
    },
  };
}

/** @returns also the variables with secrets in place of their files, which may change before the next reload */
function readAll(env: Variables): { config: Config; variables: Variables; sources: Sources } {
  const sources = readSources(env);
  return explainOrigins(sources, () => {
    const variables = readSecretFiles(sources.variables);
    return { config: buildConfig(variables), variables, sources };
  });
}

function listChanged(before: Variables, after: Variables): Setting[] {
  return settingList.filter(({ variable }) => before[variable] !== after[variable]);
}

function describeWaiting(waiting: readonly string[]): string[] {
  if (waiting.length === 0) return [];
  return [`These settings have changed and need a restart of the server: ${waiting.join(', ')}.`];
}
