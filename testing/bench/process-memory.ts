import { readFileSync } from 'node:fs';
import { errorCodeOf } from '@pumphouse/server/platform/error-code.ts';
import { listTree, readProcessTimes } from './process-times.ts';

export interface ProcessGroupUse {
  /** Resident memory, with shared memory counted in full for each process. */
  residentMb: number;
  /** Shared memory divided among its users: what the group really uses. */
  proportionalMb: number;
  cpuSeconds: number;
}

/**
 * Resource usage of a process, with `descendants` including all its descendants, also the processor time of those
 * that have ended.
 * @throws Error if /proc does not report it
 */
export function readProcessUse(pid: number, { descendants }: { descendants: boolean }): ProcessGroupUse {
  const pids = descendants ? listTree(pid) : [pid];
  const times = pids.map(readProcessTimes);
  const milliseconds = times.map(({ own, endedChildren }) => own + (descendants ? endedChildren : 0));
  // A descendant may have ended since it was listed.
  const memory = pids.map((one) => (one === pid ? readMemory(one) : readMemoryOfDescendant(one)));
  return {
    residentMb: sum(memory.map(({ residentKb }) => residentKb)) / 1024,
    proportionalMb: sum(memory.map(({ proportionalKb }) => proportionalKb)) / 1024,
    cpuSeconds: sum(milliseconds) / 1000,
  };
}

/** Reads how much resident memory a process has had at most; null if it has ended. */
export function readPeakMb(pid: number): number | null {
  try {
    const peakKb = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return peakKb === undefined ? null : Number(peakKb) / 1024;
  } catch (error) {
    if (isEnded(error)) return null;
    throw error;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

interface Memory {
  residentKb: number;
  proportionalKb: number;
}

function readMemory(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  const read = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? NaN);
  return { residentKb: read('Rss'), proportionalKb: read('Pss') };
}

function readMemoryOfDescendant(pid: number): Memory {
  try {
    return readMemory(pid);
  } catch (error) {
    if (isEnded(error)) return { residentKb: 0, proportionalKb: 0 };
    throw error;
  }
}

function isEnded(error: unknown): boolean {
  const code = errorCodeOf(error);
  return code === 'ENOENT' || code === 'ESRCH';
}
