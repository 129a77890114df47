/** What an attempt has used, as its bootstrap sampled it: points of equal length from the start of its user code. */
export interface ResourceUsage {
  secondsPerPoint: number;
  /** The highest use in each point, without cache that the kernel can drop, in bytes. */
  memoryBytes: number[];
  /** Processor time in each point, in microseconds. */
  cpuMicroseconds: number[];
  /** The use at the end of each point, in bytes. */
  diskBytes: number[];
  peakMemoryBytes: number;
  peakDiskBytes: number;
  /**
   * `processes`: there was no control group, so memory and processor time are sums over the processes at the time
   * of a sample. Absent in records of the previous release.
   */
  measuredBy?: 'group' | 'processes';
}

/** A bootstrap sends 120 at most. */
const maxPoints = 200;

/** Reads a record of a spool, which may contain anything; null if it is no timeline. */
export function readResourceUsage(record: Record<string, unknown>): ResourceUsage | null {
  const memoryBytes = readPoints(record['memory']);
  const cpuMicroseconds = readPoints(record['cpu']);
  const diskBytes = readPoints(record['disk']);
  const secondsPerPoint = record['seconds'];
  const peakMemoryBytes = record['peak_memory'];
  const peakDiskBytes = record['peak_disk'];
  if (!memoryBytes || cpuMicroseconds?.length !== memoryBytes.length) return null;
  if (diskBytes?.length !== memoryBytes.length || !isCount(peakMemoryBytes) || !isCount(peakDiskBytes))
    return null;
  if (typeof secondsPerPoint !== 'number' || !(secondsPerPoint >= 0.1 && secondsPerPoint <= 1e7)) return null;
  const measuredBy = record['measured_by'] === 'processes' ? 'processes' : 'group';
  return {
    secondsPerPoint,
    memoryBytes,
    cpuMicroseconds,
    diskBytes,
    peakMemoryBytes,
    peakDiskBytes,
    measuredBy,
  };
}

function readPoints(value: unknown): number[] | null {
  if (!Array.isArray(value) || value.length > maxPoints) return null;
  return value.every(isCount) ? value : null;
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
