import type { OrphanCollectorDependencies } from './orphans.ts';
import type { RetentionDependencies } from './retention.ts';
import { createOrphanCollector } from './orphans.ts';
import { createRetention } from './retention.ts';

/** What the services that remove stored data need from outside. */
export type RetentionPorts = RetentionDependencies & OrphanCollectorDependencies;

/**
 * Creates the services that inspect and remove stored data. They need no secret key, so the storage commands
 * work without one.
 */
export function createRetentionServices(ports: RetentionPorts) {
  return { retention: createRetention(ports), orphans: createOrphanCollector(ports) };
}
