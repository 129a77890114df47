import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessGroupUse {
  /** Resident memory, with shared memory counted in full for each process. */
  residentMb: number;
  /** Shared memory divided among its users: what the group really uses. */
  proportionalMb: number;
  cpuSeconds: number;
}

const ticksPerSecond = 100;

/**
 * Resource usage of a process, with `descendants` including all its descendants.
 * @throws Error if /proc does not report it
 */
export function readProcessUse(pid: number, options: { descendants: boolean }): ProcessGroupUse {
  const pids = options.descendants ? listTree(pid) : [pid];
  return {
    residentMb: sum(pids.map((one) => readKilobytes(one, 'Rss'))) / 1024,
    proportionalMb: sum(pids.map((one) => readKilobytes(one, 'Pss'))) / 1024,
    cpuSeconds: sum(pids.map(readCpuTicks)) / ticksPerSecond,
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

function listTree(root: number): number[] {
  const parents = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), parent: Number(readStatFields(Number(name))[1]) }));
  const found = [root];
  for (const pid of found) found.push(...parents.filter((one) => one.parent === pid).map((one) => one.pid));
  return found;
}

function readCpuTicks(pid: number): number {
  const fields = readStatFields(pid);
  return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
}

/** Fields of /proc/<pid>/stat from the third on; empty for a process that is gone. */
function readStatFields(pid: number): string[] {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
