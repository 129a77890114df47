import { readFileSync } from 'node:fs';
import { listTree, readProcessTimes } from './process-times.ts';

export interface ProcessGroupUse {
  /** Resident memory, with shared memory counted in full for each process. */
  residentMb: number;
  /** Shared memory divided among its users: what the group really uses. */
  proportionalMb: number;
  cpuSeconds: number;
}

/**
 * Resource usage of a process, with `descendants` including all its descendants.
 * @throws Error if /proc does not report it
 */
export function readProcessUse(pid: number, options: { descendants: boolean }): ProcessGroupUse {
  const pids = options.descendants ? listTree(pid) : [pid];
  return {
    residentMb: sum(pids.map((one) => readKilobytes(one, 'Rss'))) / 1024,
    proportionalMb: sum(pids.map((one) => readKilobytes(one, 'Pss'))) / 1024,
    cpuSeconds: sum(pids.map((one) => readProcessTimes(one).own)) / 1000,
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function readKilobytes(pid: number, field: 'Rss' | 'Pss'): number {
  const match = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(
    readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'),
  );
  return Number(match?.[1] ?? NaN);
}
