import type { SecretSetting } from './secret-values.ts';
import { isMasked } from './masked-names.ts';

const maxWarnings = 10;

/** A run has masked a name before the server knew it, so it cannot be compared with the secrets. */
const maskedWarning =
  'Runs have reported a name (of a pipeline, dataset, schema, table or column) with *** in place of a secret. ' +
  'Names that become equal are merged. Change the secret or the name; the next run of the pipeline corrects what is shown.';

/**
 * Describes each secret that occurs in a name of the workspace. The texts contain neither the secret nor the name,
 * which reveals it.
 */
export function describeSecretNames(secrets: readonly SecretSetting[], names: readonly string[]): string[] {
  const known = names.join('\n');
  const keys = secrets.filter(({ value }) => known.includes(value)).map(({ key }) => key);
  const warnings = [...new Set(keys)]
    .slice(0, maxWarnings)
    .map(
      (key) =>
        `The value of ${key} occurs in a name of this workspace (of a job, file, pipeline, dataset, schema, table or column). ` +
        'It is secret by its key, so runs show *** in that name, and names that become equal are merged. ' +
        'Change the secret or the name.',
    );
  return secrets.length > 0 && names.some(isMasked) ? [...warnings, maskedWarning] : warnings;
}
