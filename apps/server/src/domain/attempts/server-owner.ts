import type { LocatedProcess, ProcessLocation, ProcessState } from './process-location.ts';
import { deriveProcessState } from './process-location.ts';

/** A server process as the owner of claims. */
export interface ServerProcess extends LocatedProcess {
  hostName: string;
}

/**
 * `gone`: the process no longer runs. `gone-if-silent`: gone if it has missed a few heartbeats. `unknown`:
 * its leases decide.
 */
export type OwnerStatus = 'gone' | 'gone-if-silent' | 'unknown';

/**
 * No host name has a colon, so a server of the previous release reads these owners as servers on another host
 * and waits for their leases.
 */
const prefix = 'server:';

/** Formats a server process as the owner of claims. */
export function formatOwner({ location, hostName, pid, startTime }: ServerProcess): string {
  const { machineId, bootId, pidNamespace } = location;
  return `${prefix}${[hostName, machineId, bootId, pidNamespace, pid, startTime].join('/')}`;
}

/** Parses the owner of claims; null for an owner in the format of another release. */
export function parseOwner(owner: string): ServerProcess | null {
  if (!owner.startsWith(prefix)) return null;
  const parts = owner.slice(prefix.length).split('/');
  const [hostName, machineId, bootId, pidNamespace, pid, startTime] = parts;
  // The supervisor of a worker adds a name of its own.
  if (parts.length < 6 || !hostName || machineId === undefined || !bootId || !pidNamespace) return null;
  return {
    location: { machineId, bootId, pidNamespace },
    hostName,
    pid: Number(pid),
    startTime: Number(startTime),
  };
}

const statusOf: Record<ProcessState, OwnerStatus> = {
  alive: 'unknown',
  gone: 'gone',
  'other-boot': 'gone-if-silent',
  elsewhere: 'unknown',
};

/**
 * Decides whether another server is gone.
 * @param readStartTime returns the start time of the process that has this pid here now; null if there is
 * none
 */
export function decideOwnerStatus(
  owner: string,
  here: ProcessLocation,
  readStartTime: (pid: number) => number | null,
): OwnerStatus {
  const server = parseOwner(owner);
  return server === null ? 'unknown' : statusOf[deriveProcessState(server, here, readStartTime)];
}
