import { parse as parseToml } from 'smol-toml';
import type { ConfigurationFile } from '../../../archives/configuration-archive.ts';
import type { RunSettings } from '../../../domain/jobs/job-settings.ts';
import { readProfile } from '../../../archives/configuration-archive.ts';
import { readSettingsTable } from '../../../domain/jobs/job-settings.ts';
import { ServiceError } from '../../../platform/service-error.ts';

/**
 * Reads the `pumphouse` tables of a configuration's files. An invalid TOML file has none; dlt will report it
 * when it fails the runs.
 * @throws ServiceError invalid_run_settings with each problem, so that a misspelled setting is noticed at the
 * upload
 */
export function readRunSettings(files: readonly ConfigurationFile[]): RunSettings {
  const settings: RunSettings = {};
  const problems: string[] = [];
  for (const { name, text } of files) {
    if (!name.endsWith('config.toml')) continue;
    const table = readPumphouseTable(text);
    if (table === undefined) continue;
    const read = readSettingsTable(table);
    if (read.ok) settings[readProfile(name) ?? ''] = read.table;
    else problems.push(...read.problems.map((problem) => `${name}: ${problem}`));
  }
  if (problems.length > 0) {
    throw new ServiceError(
      'invalid_run_settings',
      `The configuration was not accepted: ${problems[0]}`,
      problems,
    );
  }
  return settings;
}

function readPumphouseTable(text: string): unknown {
  try {
    return parseToml(text).pumphouse;
  } catch {
    return undefined;
  }
}
