import type { SecretSetting } from './secret-values.ts';

const maxWarnings = 10;

/**
 * Describes each secret that occurs in a name of the workspace. The texts contain neither the secret nor the name,
 * which reveals it.
 */
export function describeSecretNames(secrets: readonly SecretSetting[], names: readonly string[]): string[] {
  const known = names.join('\n');
  const keys = secrets.filter(({ value }) => known.includes(value)).map(({ key }) => key);
  return [...new Set(keys)]
    .slice(0, maxWarnings)
    .map(
      (key) =>
        `The value of ${key} occurs in a name of this workspace (of a job, file, pipeline, dataset, schema or table). ` +
        'It is secret by its key, so runs show *** in that name, and names that become equal are merged. ' +
        'Change the secret or the name.',
    );
}
