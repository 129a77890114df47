/** Where an attempt lives, and whether this server can see that place. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { z } from 'zod';
import type { AttemptHandle } from '../executor.ts';
import { locateAttemptFolder, type AttemptRecord, type ProcessRecord } from './attempt-folder.ts';
import { readBootId, readPidNamespace } from './process-identity.ts';
import { isSafeName } from '../safe-name.ts';

export const EXECUTOR_NAME = 'process';
const HANDLE_VERSION = 1;

/** One boot of one machine, seen from one pid namespace. */
export interface Place {
  hostName: string;
  /** /etc/machine-id, or '' where there is none. */
  machineId: string;
  bootId: string;
  pidNamespace: string;
}

const handleDataSchema = z.object({
  attemptId: z.string().refine(isSafeName),
  jobRunId: z.string(),
  hostName: z.string(),
  machineId: z.string(),
  bootId: z.string(),
  pidNamespace: z.string(),
  folder: z.string(),
  /** Null when the bootstrap was not seen before the handle was made. */
  pid: z.int().nullable(),
  startTime: z.number().nullable(),
});
export type HandleData = z.infer<typeof handleDataSchema>;

export type PlaceVerdict =
  | { place: 'here'; data: HandleData }
  /** This machine, before its last boot: nothing of it runs, its folder may still be there. */
  | { place: 'earlier-boot'; data: HandleData }
  | { place: 'elsewhere'; detail: string };

/** The place where this server is. */
export function readPlace(): Place {
  return {
    hostName: hostname(),
    machineId: readMachineId(),
    bootId: readBootId(),
    pidNamespace: readPidNamespace(),
  };
}

function readMachineId(): string {
  try {
    return readFileSync('/etc/machine-id', 'utf8').trim();
  } catch {
    return '';
  }
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
    machineId: record.machineId,
    bootId: process?.boot_id ?? record.bootId,
    pidNamespace: record.pidNamespace,
    folder,
    pid: process?.pid ?? null,
    startTime: process?.start_time ?? null,
  };
  return { executor: EXECUTOR_NAME, version: HANDLE_VERSION, data };
}

/** Says whether this server can look at the place that a handle names. */
export function judgePlace(handle: AttemptHandle, here: Place, dataDir: string): PlaceVerdict {
  if (handle.executor !== EXECUTOR_NAME || handle.version !== HANDLE_VERSION) {
    return elsewhere(
      `The handle is of executor ${handle.executor}, version ${handle.version}, which this server does not read.`,
    );
  }
  const parsed = handleDataSchema.safeParse(handle.data);
  if (!parsed.success) return elsewhere('The handle cannot be read.');
  const data = parsed.data;
  if (data.folder !== locateAttemptFolder(dataDir, data.attemptId).path) {
    return elsewhere(`The attempt lives in ${data.folder}, which is not below this server's data folder.`);
  }
  if (data.bootId === here.bootId) {
    return data.pidNamespace === here.pidNamespace
      ? { place: 'here', data }
      : elsewhere(
          `The attempt was started on ${data.hostName} in a pid namespace that this server is not in.`,
        );
  }
  // Two machines may share a name: without the machine's own id agreeing too, "not here" would prove nothing.
  return data.hostName === here.hostName && data.machineId === here.machineId
    ? { place: 'earlier-boot', data }
    : elsewhere(`The attempt was started on host ${data.hostName}; this is ${here.hostName}.`);
}

function elsewhere(detail: string): PlaceVerdict {
  return { place: 'elsewhere', detail };
}
