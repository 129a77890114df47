import { hostname } from 'node:os';
import { decideOwnerStatus, formatOwner, type OwnerStatus } from '../domain/attempts/server-owner.ts';
import { readOwnLocation } from '../platform/process-location.ts';
import { readProcessStartTime } from '../executors/process/process-identity.ts';

/**
 * Identifies server processes, so that a server need not wait for the lease of another one that is known to
 * be gone.
 */
export interface ServerProcesses {
  /** Name of this process, recorded as the owner of claims. */
  self: string;
  readStatus(owner: string): OwnerStatus;
}

export function createServerProcesses(): ServerProcesses {
  const location = readOwnLocation();
  const { pid } = process;
  return {
    self: formatOwner({ location, hostName: hostname(), pid, startTime: readProcessStartTime(pid) ?? 0 }),
    readStatus: (owner) => decideOwnerStatus(owner, location, readProcessStartTime),
  };
}
