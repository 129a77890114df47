import type { LeftoversDependencies } from './leftovers.ts';
import type { RetentionDependencies } from './retention.ts';
import { createLeftovers } from './leftovers.ts';
import { createRetention } from './retention.ts';

/** What the services that remove stored data need from outside. */
export type RetentionPorts = RetentionDependencies & LeftoversDependencies;

/**
 * Creates the services that inspect and remove stored data. They need no secret key, so the storage commands
 * work without one.
 */
export function createRetentionServices(ports: RetentionPorts) {
  return { retention: createRetention(ports), leftovers: createLeftovers(ports) };
}
