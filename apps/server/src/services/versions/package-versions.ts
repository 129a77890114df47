import type { ConfigurationRecord, DeploymentRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { LRUCache } from 'lru-cache';

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
    async getConfiguration(of: { workspaceId: string; configurationId: string }) {
      const known = configurations.get(of.configurationId);
      if (known) return known;
      const found = await store.configurations.get(of.workspaceId, of.configurationId);
      if (!found) throw new Error(`Configuration ${of.configurationId} does not exist`);
      configurations.set(of.configurationId, found);
      return found;
    },
  };
}
