import { hostname } from 'node:os';
import { decideOwnerStatus, formatOwner, type OwnerStatus } from '../domain/attempts/server-owner.ts';
import { readOwnLocation } from '../platform/process-location.ts';
import { readProcessStartTime } from '../executors/process/process-identity.ts';

/** Names server processes, so that a server need not wait for the leases of one that it can see is gone. */
export interface ServerProcesses {
  /** This process, as the owner of claims. */
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
