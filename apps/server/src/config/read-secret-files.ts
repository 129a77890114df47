import { ConfigError } from './config-error.ts';
import { readSecretFile } from './read-secret-file.ts';
import { settingList } from './setting-list.ts';

type Variables = Record<string, string | undefined>;

/**
 * Replaces each `<secret>_FILE` with the secret that its file has. The variable of the file is then undefined.
 * @throws ConfigError if a file cannot be read, or a secret is set in both ways
 */
export function readSecretFiles(variables: Variables): Variables {
  const secrets: Variables = {};
  for (const { variable, fileOf } of settingList) {
    const file = variables[variable]?.trim();
    if (fileOf === null || !file) continue;
    if (variables[fileOf]?.trim())
      throw new ConfigError(`${fileOf} and ${variable} are both set. Remove one of the two.`);
    secrets[fileOf] = readSecretFile(variable, file);
    secrets[variable] = undefined;
  }
  return { ...variables, ...secrets };
}
