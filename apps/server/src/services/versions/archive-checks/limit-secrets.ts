import type { ConfigurationFile } from '../../../archives/configuration-archive.ts';
import { holdsSecrets } from '../../../archives/configuration-archive.ts';
import { listSecretValues } from '../../../domain/variables/secret-values.ts';
import { parseConfiguration } from '../parse-configuration.ts';
import { ServiceError } from '../../../platform/service-error.ts';

/** For each secret, a bootstrap needs some 2 KB outside of the memory of its run. */
const maxSecrets = 10_000;

/**
 * Limits the number of secrets that bootstraps mask.
 * @throws ServiceError too_many_secrets
 */
export function requireFewSecrets(files: readonly ConfigurationFile[]): void {
  const secrets = new Set(
    files
      .filter(({ name }) => holdsSecrets(name))
      .flatMap(({ text }) => listSecretValues(parseConfiguration(text))),
  );
  if (secrets.size <= maxSecrets) return;
  throw new ServiceError(
    'too_many_secrets',
    `The secrets files have ${secrets.size} values, and the server masks at most ${maxSecrets} in logs. Keep secrets alone in them: put all other ` +
      'values into config.toml, or into a file of the code. Then upload again.',
  );
}
