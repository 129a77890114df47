import type { BlobStore } from '../../blobs/blob-store.ts';
import type { ConfigurationRecord } from '../../store/records.ts';
import type { Encryption } from '../../platform/encryption.ts';
import type { Persistence } from '../../store/store.ts';
import type { RunVariables } from '../variables/run-variables.ts';
import type { SecretSetting } from '../../domain/variables/secret-values.ts';
import { Readable } from 'node:stream';
import { BlobNotFoundError } from '../../blobs/blob-store.ts';
import { classifyPartsOfSecret, listSecretSettings } from '../../domain/variables/secret-values.ts';
import { createConfigurationArchives } from '../versions/version-archives.ts';
import { describeSecretNames } from '../../domain/variables/secret-names.ts';
import { holdsSecrets, readConfigurationFiles } from '../../archives/configuration-archive.ts';
import { listOwnNames } from '../variables/own-names.ts';
import { parseConfiguration } from '../versions/parse-configuration.ts';

/** A secret in one of more columns is only reported by the runs. */
const maxColumns = 20_000;

export interface WarnOfSecretNamesDependencies {
  persistence: Persistence<'configurations' | 'dataSearch' | 'deployments'>;
  blobs: BlobStore;
  encryption: Encryption;
  readRunVariables: RunVariables;
}

export type WarnOfSecretNames = ReturnType<typeof createWarnOfSecretNames>;

/** Creates the warnings of a deploy about secrets that occur in names, because runs mask them there too. */
export function createWarnOfSecretNames(dependencies: WarnOfSecretNamesDependencies) {
  const { store } = dependencies.persistence;
  const archives = createConfigurationArchives(dependencies.blobs, dependencies.encryption);

  /** A lost archive is reported by the runs that need it, and does not refuse a deploy. */
  async function openArchive(configuration: ConfigurationRecord): Promise<Buffer | null> {
    if (configuration.archiveRemovedAt !== null) return null;
    try {
      return await archives.open(configuration);
    } catch (error) {
      if (error instanceof BlobNotFoundError) return null;
      throw error;
    }
  }

  async function readSecretsFiles(configuration: ConfigurationRecord): Promise<SecretSetting[]> {
    const archive = await openArchive(configuration);
    if (archive === null) return [];
    const files = await readConfigurationFiles(Readable.from([archive]));
    return files
      .filter(({ name }) => holdsSecrets(name))
      .flatMap(({ name, text }) =>
        listSecretSettings(parseConfiguration(text)).map((setting) => ({
          ...setting,
          key: `${setting.key} of ${name}`,
        })),
      );
  }

  async function readVariables(workspaceId: string, profiles: readonly string[]): Promise<SecretSetting[]> {
    const read = await Promise.all(
      profiles.map((profile) => dependencies.readRunVariables(workspaceId, profile)),
    );
    return read
      .flatMap(({ variables }) => variables)
      .filter(({ isSecret }) => isSecret)
      .flatMap(({ name, value }) =>
        classifyPartsOfSecret(value).everywhere.map((part) => ({ key: `the variable ${name}`, value: part })),
      );
  }

  /** @returns the warnings of a deploy with these jobs */
  return async function warnOfSecretNames(
    workspaceId: string,
  ): Promise<(jobRefs: readonly string[]) => string[]> {
    const [configuration, deployment] = await Promise.all([
      store.configurations.latest(workspaceId),
      store.deployments.latest(workspaceId),
    ]);
    const secrets = [
      ...(configuration ? await readSecretsFiles(configuration) : []),
      ...(await readVariables(workspaceId, ['prod', ...(configuration?.profiles ?? [])])),
    ];
    if (secrets.length === 0) return () => [];
    const [names, columns] = await Promise.all([
      listOwnNames(store, { workspaceId, deploymentId: deployment?.id ?? null }),
      store.dataSearch.listColumnNames(workspaceId, maxColumns),
    ]);
    return (jobRefs) => describeSecretNames(secrets, [...jobRefs, ...names, ...columns]);
  };
}
