/** How busy the machine was with other things: figures are worth comparing only where it was quiet. */
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';

export interface Noise {
  /** Of the last minute. */
  loadBefore: number;
  loadAfter: number;
  /** Share of the time in which some task of the machine waited for a CPU; null where the kernel does not tell (PSI). */
  cpuWaitShare: number | null;
}

/** Starts to watch; the function that it gives ends that. */
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
