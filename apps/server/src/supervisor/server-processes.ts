import { hostname } from 'node:os';
import { decideOwnerStatus, formatOwner, type OwnerStatus } from '../domain/attempts/server-owner.ts';
import { readOwnProcess, readProcessStartTime } from '../platform/process-identity.ts';

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
  const own = readOwnProcess();
  return {
    self: formatOwner({ ...own, hostName: hostname() }),
    readStatus: (owner) => decideOwnerStatus(owner, own.location, readProcessStartTime),
  };
}
