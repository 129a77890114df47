import type { Config } from '../config/config.ts';
import type { OrphanCollector, OrphanCollectorDependencies } from '../services/retention/orphans.ts';
import type { Logger } from 'pino';
import type { Persistence } from '../store/store.ts';
import type { Retention } from '../services/retention/retention.ts';
import { createExecutor } from './create-executor.ts';
import { createRetentionServices } from '../services/retention/create-retention-services.ts';
import { openFilePorts } from './server-ports.ts';
import { openStore } from './open-store.ts';

/** Opens services that inspect stored data and remove it manually, with or without a running server. */
export async function openStorage(
  config: Config,
  log: Logger,
  { readNow }: Pick<OrphanCollectorDependencies, 'readNow'> = {},
): Promise<{
  persistence: Persistence;
  retention: Retention;
  orphans: OrphanCollector;
  close(): Promise<void>;
}> {
  const opened = await openStore(config, log);
  try {
    const { persistence } = opened;
    const { installation } = persistence.store;
    const { id: installationId } = await installation.get();
    const { executor } = await createExecutor(config, { installationId, decisions: installation }, log);
    const ports = {
      persistence,
      executor,
      log,
      pendingLimits: config.pendingPackages,
      ...openFilePorts({ current: config }, persistence),
      ...(readNow && { readNow }),
    };
    return { persistence, ...createRetentionServices(ports), close: () => opened.close() };
  } catch (error) {
    await opened.close();
    throw error;
  }
}
