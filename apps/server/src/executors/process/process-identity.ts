/** Identifies a process across pid reuse and restarts by (boot id, pid, start time). Linux only. */
import { readFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { isErrorCode } from '../../platform/error-code.ts';
import { readBootId } from '../../platform/process-location.ts';

export interface ProcessIdentity {
  bootId: string;
  pid: number;
  /** Field 22 of /proc/<pid>/stat: clock ticks since boot. */
  startTime: number;
}

export interface ProcessEntry {
  pid: number;
  parentPid: number;
  startTime: number;
}

const POLL_MILLISECONDS = 20;

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

/** Whether exactly this process is running. */
export function isProcessAlive(identity: ProcessIdentity): boolean {
  return identity.bootId === readBootId() && readProcessStartTime(identity.pid) === identity.startTime;
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

/** All running processes visible in /proc. */
export async function listProcesses(): Promise<ProcessEntry[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const entries = await Promise.all(
    names.map(async (name) => parseProcessStat(await readFile(`/proc/${name}/stat`, 'utf8').catch(() => ''))),
  );
  return entries.filter((entry) => entry !== null);
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
