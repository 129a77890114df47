/** Where an attempt lives, and whether this server can see it. */
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';
import type { AttemptHandle } from '../contract/attempt-handle.ts';
import { ExecutorError } from '../contract/executor-error.ts';
import { locateAttemptFolder, type AttemptRecord, type ProcessRecord } from './attempt-folder.ts';
import { compareLocations, type ProcessLocation } from '../../domain/attempts/process-location.ts';
import { readOwnLocation } from '../../platform/process-identity.ts';
import { isSafeName } from '../safe-name.ts';

export const EXECUTOR_NAME = 'process';
const HANDLE_VERSION = 1;

/** Where attempts of this server run. */
export interface ServerLocation extends ProcessLocation {
  hostName: string;
}

const handleDataSchema = z.object({
  attemptId: z.string().refine(isSafeName),
  jobRunId: z.string(),
  hostName: z.string(),
  machineId: z.string(),
  bootId: z.string(),
  pidNamespace: z.string(),
  folder: z.string(),
  /** Null if the bootstrap had not reported its process when the handle was created. */
  pid: z.int().nullable(),
  startTime: z.number().nullable(),
});
export type HandleData = z.infer<typeof handleDataSchema>;

export type HandleLocation =
  | { location: 'here'; data: HandleData }
  /** This machine before its last boot: none of its processes run, but its folder may still exist. */
  | { location: 'earlier-boot'; data: HandleData }
  | { location: 'elsewhere'; detail: string };

/** The location of this server. */
export function readServerLocation(): ServerLocation {
  return { hostName: hostname(), ...readOwnLocation() };
}

export function buildHandle(
  record: AttemptRecord,
  process: ProcessRecord | null,
  folder: string,
): AttemptHandle {
  const data: HandleData = {
    attemptId: record.attemptId,
    jobRunId: record.jobRunId,
    hostName: record.hostName,
    machineId: process?.machine_id ?? record.machineId,
    bootId: process?.boot_id ?? record.bootId,
    pidNamespace: process?.pid_namespace ?? record.pidNamespace,
    folder,
    pid: process?.pid ?? null,
    startTime: process?.start_time ?? null,
  };
  return { executor: EXECUTOR_NAME, version: HANDLE_VERSION, data };
}

/** Derives whether this server can see the location that a handle names. */
export function deriveHandleLocation(
  handle: AttemptHandle,
  here: ServerLocation,
  dataDir: string,
): HandleLocation {
  if (handle.executor !== EXECUTOR_NAME || handle.version !== HANDLE_VERSION) {
    return elsewhere(
      `The handle is of executor ${handle.executor}, version ${handle.version}, which this server does not support.`,
    );
  }
  const parsed = handleDataSchema.safeParse(handle.data);
  if (!parsed.success) return elsewhere('The handle cannot be read.');
  const data = parsed.data;
  const folder = locateAttemptFolder(dataDir, data.attemptId);
  if (data.folder !== folder.path) {
    return elsewhere(`The folder of the attempt, ${data.folder}, is not in this server's data folder.`);
  }
  const relation = compareLocations(data, here);
  if (relation === 'same') return { location: 'here', data };
  // A clone of the machine has its id and often its host name, but not the folders of attempts started after
  // the cloning.
  const isEarlierBoot = data.hostName === here.hostName && existsSync(folder.attemptFile);
  if (relation === 'other-boot' && isEarlierBoot) return { location: 'earlier-boot', data };
  return elsewhere(describeElsewhere(data, here));
}

/** @throws ExecutorError backend for an attempt that this server cannot see */
export function requireVisible(
  handle: AttemptHandle,
  dataDir: string,
): Exclude<HandleLocation, { location: 'elsewhere' }> {
  const found = deriveHandleLocation(handle, readServerLocation(), dataDir);
  if (found.location === 'elsewhere') throw new ExecutorError('backend', found.detail);
  return found;
}

function describeElsewhere(data: HandleData, here: ServerLocation): string {
  if (data.machineId !== here.machineId || data.hostName !== here.hostName)
    return `The attempt was started on the machine ${nameMachine(data)}; this is ${nameMachine(here)}.`;
  return data.bootId === here.bootId
    ? `The attempt was started on ${data.hostName} in another pid namespace than that of this server.`
    : `The attempt was started on a machine with the name and the id of this one, and its folder ${data.folder} is not here.`;
}

function nameMachine({ hostName, machineId }: Pick<ServerLocation, 'hostName' | 'machineId'>): string {
  return machineId === '' ? hostName : `${hostName} (machine id ${machineId.slice(0, 8)})`;
}

function elsewhere(detail: string): HandleLocation {
  return { location: 'elsewhere', detail };
}
