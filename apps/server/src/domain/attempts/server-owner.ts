import type { LocationRelation, ProcessLocation } from './process-location.ts';
import { compareLocations } from './process-location.ts';

/** One server process, as the owner of claims. */
export interface ServerProcess {
  location: ProcessLocation;
  hostName: string;
  pid: number;
  /** Clock ticks since boot; tells a process from a later one with the same pid. */
  startTime: number;
}

/**
 * `gone`: the process does not run any more.
 * `gone-if-silent`: gone once it has given no sign of life for a few heartbeats.
 * `unknown`: its leases decide.
 */
export type OwnerStatus = 'gone' | 'gone-if-silent' | 'unknown';

/** No host name has a colon, so a server of the previous release takes these owners for servers of another host and waits for leases. */
const prefix = 'server:';

/** Writes a server process as the owner of claims. */
export function formatOwner({ location, hostName, pid, startTime }: ServerProcess): string {
  const { machineId, bootId, pidNamespace } = location;
  return `${prefix}${[hostName, machineId, bootId, pidNamespace, pid, startTime].join('/')}`;
}

/** Null for an owner that a server of another release wrote. */
export function parseOwner(owner: string): ServerProcess | null {
  if (!owner.startsWith(prefix)) return null;
  const parts = owner.slice(prefix.length).split('/');
  const [hostName, machineId, bootId, pidNamespace, pid, startTime] = parts;
  if (parts.length !== 6 || !hostName || machineId === undefined || !bootId || !pidNamespace) return null;
  return {
    location: { machineId, bootId, pidNamespace },
    hostName,
    pid: Number(pid),
    startTime: Number(startTime),
  };
}

const statusOf: Record<Exclude<LocationRelation, 'same'>, OwnerStatus> = {
  'other-boot': 'gone-if-silent',
  elsewhere: 'unknown',
};

/**
 * Decides whether another server is gone. Only a process in the same location can be looked up.
 * @param readStartTime of the process that has this pid here now; null where none has
 */
export function decideOwnerStatus(
  owner: string,
  here: ProcessLocation,
  readStartTime: (pid: number) => number | null,
): OwnerStatus {
  const server = parseOwner(owner);
  if (server === null) return 'unknown';
  const relation = compareLocations(server.location, here);
  if (relation !== 'same') return statusOf[relation];
  return readStartTime(server.pid) === server.startTime ? 'unknown' : 'gone';
}
