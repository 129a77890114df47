/**
 * Identifies processes across pid reuse and restarts, and determines whether they are alive. Linux only: it
 * reads /proc.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { setImmediate as nextIteration, setTimeout as sleep } from 'node:timers/promises';
import {
  deriveProcessState,
  type LocatedProcess,
  type ProcessLocation,
  type ProcessState,
} from '../domain/attempts/process-location.ts';
import { isErrorCode } from './error-code.ts';

/** A process in this pid namespace. */
export interface LocalProcess {
  pid: number;
  /** Field 22 of /proc/<pid>/stat: clock ticks since boot. */
  startTime: number;
}

/** A process in this pid namespace, or in the same one before a restart of the machine. */
export interface ProcessIdentity extends LocalProcess {
  bootId: string;
}

export interface ProcessEntry extends LocalProcess {
  parentPid: number;
}

const POLL_MILLISECONDS = 20;

/**
 * Identifies this process.
 * @throws without /proc
 */
export function readOwnProcess(): LocatedProcess {
  const { pid } = process;
  const startTime = readProcessStartTime(pid);
  if (startTime === null) throw new Error('/proc/self/stat cannot be read: Pumphouse needs /proc');
  return { location: readOwnLocation(), pid, startTime };
}

/**
 * Reads the location of this process.
 * @throws without /proc
 */
export function readOwnLocation(): ProcessLocation {
  return {
    bootId: readBootId(),
    pidNamespace: readlinkSync('/proc/self/ns/pid'),
    machineId: readMachineId(),
  };
}

/**
 * Reads the id that the kernel generated at boot.
 * @throws without /proc
 */
export function readBootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

function readMachineId(): string {
  try {
    return readFileSync('/etc/machine-id', 'utf8').trim();
  } catch {
    return '';
  }
}

/** Whether a recorded process is alive, if it can be observed from here. */
export function readProcessState(recorded: LocatedProcess): ProcessState {
  return deriveProcessState(recorded, readOwnLocation(), readProcessStartTime);
}

/**
 * Parses the text of /proc/<pid>/stat; null for a zombie, which has ended but was not yet reaped by its
 * parent.
 */
export function parseProcessStat(text: string): ProcessEntry | null {
  const [pid] = text.split(' ', 1);
  // The name may contain spaces and parentheses; the last parenthesis closes it.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const [state, parentPid] = fields;
  const startTime = fields[19];
  if (pid === undefined || parentPid === undefined || startTime === undefined) return null;
  if (state === 'Z' || state === 'X') return null;
  return { pid: Number(pid), parentPid: Number(parentPid), startTime: Number(startTime) };
}

/** Start time of a running process, otherwise null. */
export function readProcessStartTime(pid: number): number | null {
  try {
    return parseProcessStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.startTime ?? null;
  } catch {
    return null;
  }
}

/** Converts a start time from /proc/<pid>/stat to a date. */
export function dateStart(startTime: number): Date {
  const bootSeconds = Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1]);
  return new Date((bootSeconds + startTime / ticksPerSecond) * 1000);
}

/** USER_HZ, which is 100 on every machine that Node runs on. */
const ticksPerSecond = 100;

/** Whether exactly this process is running, since the last boot. */
export function isLocalProcessAlive({ pid, startTime }: LocalProcess): boolean {
  return readProcessStartTime(pid) === startTime;
}

/** Whether exactly this process is running. */
export function isProcessAlive(identity: ProcessIdentity): boolean {
  return identity.bootId === readBootId() && isLocalProcessAlive(identity);
}

/**
 * Sends a signal to exactly this process; false when it is gone.
 * @throws when the signal is not permitted
 */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isProcessAlive(identity)) return false;
  try {
    return process.kill(identity.pid, signal);
  } catch (error) {
    if (isErrorCode(error, 'ESRCH')) return false;
    throw error;
  }
}

/**
 * Waits for the end of processes that need not be our children. True when all are gone, false after the
 * timeout. Polls /proc because Node offers no pidfd.
 */
export async function waitForExit(
  identities: ProcessIdentity[],
  timeoutMilliseconds: number,
): Promise<boolean> {
  const deadline = performance.now() + timeoutMilliseconds;
  while (identities.some(isProcessAlive)) {
    if (performance.now() >= deadline) return false;
    await sleep(Math.min(POLL_MILLISECONDS, Math.max(1, deadline - performance.now())));
  }
  return true;
}

/** How many processes are read before other work may continue: they take about two milliseconds. */
const readAtOnce = 200;

/**
 * All running processes visible in /proc. Reads synchronously: these files never wait for a device, and an
 * asynchronous read of each, in four steps, takes ten times as much processor time.
 */
export async function listProcesses(): Promise<ProcessEntry[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const entries: ProcessEntry[] = [];
  for (const [index, name] of names.entries()) {
    if (index % readAtOnce === readAtOnce - 1) await nextIteration();
    const entry = readProcessEntry(name);
    if (entry !== null) entries.push(entry);
  }
  return entries;
}

function readProcessEntry(name: string): ProcessEntry | null {
  try {
    return parseProcessStat(readFileSync(`/proc/${name}/stat`, 'utf8'));
  } catch {
    return null;
  }
}

/** A process and all its descendants, parents first. */
export function selectDescendants(processes: ProcessEntry[], rootPid: number): ProcessEntry[] {
  const found = new Map(processes.filter(({ pid }) => pid === rootPid).map((entry) => [entry.pid, entry]));
  for (const { pid } of found.values()) {
    for (const entry of processes) {
      if (entry.parentPid === pid && !found.has(entry.pid)) found.set(entry.pid, entry);
    }
  }
  return [...found.values()];
}

/** Text of a file below /proc/<pid>, or '' if the process is gone or may not be read. */
export async function readProcessText(pid: number, name: 'cmdline' | 'environ'): Promise<string> {
  return readFile(`/proc/${pid}/${name}`, 'utf8').catch(() => '');
}
