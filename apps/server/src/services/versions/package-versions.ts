import type { ConfigurationRecord, DeploymentRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { LRUCache } from 'lru-cache';
import { readProfile, resolveConfigurationFile } from '../../archives/configuration-archive.ts';

/** The requirements of a deployment may take a megabyte; the other columns, some kilobytes. */
const maxBytes = 8 * 1024 * 1024;
const bytesOfColumns = 4096;

export type PackageVersions = ReturnType<typeof createPackageVersions>;

/**
 * Caches the code and configuration versions that runs name. Only retention changes what runs use of them, and
 * not while an active run names them. The message of a cached deployment may be outdated.
 */
export function createPackageVersions(store: Pick<Store, 'configurations' | 'deployments'>) {
  const deployments = new LRUCache<string, DeploymentRecord>({
    maxSize: maxBytes,
    sizeCalculation: ({ requirementsSizeBytes }) => bytesOfColumns + requirementsSizeBytes,
  });
  const configurations = new LRUCache<string, ConfigurationRecord>({ max: maxBytes / bytesOfColumns / 4 });
  const renamed = new LRUCache<string, readonly string[]>({ max: maxBytes / bytesOfColumns / 4 });

  async function listRenamed(workspaceId: string, { id, profiles }: ConfigurationRecord) {
    const known = renamed.get(id);
    if (known) return known;
    // Only files of a profile can have its name in the wrong place.
    const files = profiles.length === 0 ? [] : await store.configurations.files(workspaceId, id);
    const names = (files ?? []).map(({ relative_path: name }) => name);
    const found = names.filter((name) => resolveConfigurationFile(name) !== name);
    renamed.set(id, found);
    return found;
  }

  async function getConfiguration(of: {
    workspaceId: string;
    configurationId: string;
  }): Promise<ConfigurationRecord> {
    const known = configurations.get(of.configurationId);
    if (known) return known;
    const found = await store.configurations.get(of.workspaceId, of.configurationId);
    if (!found) throw new Error(`Configuration ${of.configurationId} does not exist`);
    configurations.set(of.configurationId, found);
    return found;
  }

  return {
    /** @throws Error if it does not exist */
    async getDeployment({ workspaceId, deploymentId }: { workspaceId: string; deploymentId: string }) {
      const known = deployments.get(deploymentId);
      if (known) return known;
      const found = await store.deployments.get(workspaceId, deploymentId);
      if (!found) throw new Error(`Deployment ${deploymentId} does not exist`);
      deployments.set(deploymentId, found);
      return found;
    },

    /** @throws Error if it does not exist */
    getConfiguration,

    /**
     * Lists the configuration files that a run gets under another name, because dlt would not read them under
     * their own: `secrets.prod.toml` as `prod.secrets.toml`.
     */
    async listRenamedFiles(run: {
      workspaceId: string;
      configurationId: string;
      profile: string;
    }): Promise<{ name: string; placedAs: string }[]> {
      const names = await listRenamed(run.workspaceId, await getConfiguration(run));
      return names
        .filter((name) => readProfile(name) === run.profile)
        .map((name) => ({ name, placedAs: resolveConfigurationFile(name) }));
    },
  };
}
