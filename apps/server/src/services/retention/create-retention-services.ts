import type { OrphanCollectorDependencies } from './orphans.ts';
import type { RetentionDependencies } from './retention.ts';
import { createOrphanCollector } from './orphans.ts';
import { createRetention } from './retention.ts';
import { listWithUploads } from './upload-folders.ts';

/** What the services that remove stored data need from outside. */
export type RetentionPorts = RetentionDependencies &
  OrphanCollectorDependencies & {
    /** Where servers receive uploads; absent: no uploads are listed. */
    uploadDir?: string;
  };

/**
 * Creates the services that inspect and remove stored data. They need no secret key, so the storage commands
 * work without one.
 */
export function createRetentionServices(ports: RetentionPorts) {
  const { executor, uploadDir } = ports;
  const inventory = uploadDir === undefined ? executor : listWithUploads(executor, uploadDir);
  return {
    retention: createRetention(ports),
    orphans: createOrphanCollector({ ...ports, executor: inventory }),
  };
}
