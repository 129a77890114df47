/** Other load on the machine: figures are only comparable if it was quiet. */
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';

export interface Noise {
  /** Load of the last minute. */
  loadBefore: number;
  loadAfter: number;
  /** Share of time in which some task waited for a CPU; null if the kernel does not report it (PSI). */
  cpuWaitShare: number | null;
}

/** Starts watching; the returned function stops and returns the result. */
export function watchNoise(): () => Noise {
  const loadBefore = readLoad();
  const startedAt = performance.now();
  const waitedBefore = readCpuWaitMs();
  return () => {
    const waited = readCpuWaitMs();
    const elapsedMs = performance.now() - startedAt;
    const known = waited !== null && waitedBefore !== null && elapsedMs > 0;
    return {
      loadBefore,
      loadAfter: readLoad(),
      cpuWaitShare: known ? (waited - waitedBefore) / elapsedMs : null,
    };
  };
}

function readLoad(): number {
  return loadavg()[0] ?? 0;
}

function readCpuWaitMs(): number | null {
  try {
    const match = /^some .*total=(\d+)/.exec(readFileSync('/proc/pressure/cpu', 'utf8'));
    return match ? Number(match[1]) / 1000 : null;
  } catch {
    return null;
  }
}
