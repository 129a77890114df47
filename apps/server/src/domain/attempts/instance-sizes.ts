import type { InstanceSize } from '../jobs/job-definition.ts';
import { INSTANCE_SIZES } from '../jobs/job-definition.ts';

/** What a run of one size may use; null: as much as there is. */
export interface InstanceLimits {
  memoryBytes: number | null;
  /** Cores. */
  cpus: number | null;
  /** Processes and threads at once. */
  processes: number | null;
}

export type InstanceSizes = Record<InstanceSize, InstanceLimits>;

/** Cores and memory are the hosted product's; the processes leave room for a worker pool on each core, and none for a fork bomb. */
export const defaultInstanceSizes =
  'small=2/4096/512 medium=4/8192/1024 large=8/16384/2048 xlarge=16/32768/4096';

export class InstanceSizesSyntaxError extends Error {
  override readonly name = 'InstanceSizesSyntaxError';
}

const mebibyte = 1024 * 1024;
const smallestMebibytes = 64;
const fewestProcesses = 32;

/**
 * Reads `<size>=<cores>/<MiB of memory>/<processes>`, several apart by spaces; `-` stands for no limit. What is not named keeps its
 * default. @throws InstanceSizesSyntaxError naming the part that is wrong
 */
export function parseInstanceSizes(text: string): InstanceSizes {
  const sizes = readParts(defaultInstanceSizes);
  for (const [size, limits] of readParts(text)) sizes.set(size, limits);
  return Object.fromEntries(sizes) as InstanceSizes;
}

/** What a run may use whose job says this size; one that says none is small. */
export function chooseInstanceLimits(sizes: InstanceSizes, size: InstanceSize | undefined): InstanceLimits {
  return sizes[size ?? 'small'];
}

/** The size that a definition names; undefined for none, and for one that this version does not know. */
export function readInstanceSize(text: string | null): InstanceSize | undefined {
  return INSTANCE_SIZES.find((size) => size === text);
}

function readParts(text: string): Map<InstanceSize, InstanceLimits> {
  const parts = text.trim().split(/\s+/).filter(Boolean);
  return new Map(parts.map(readPart));
}

function readPart(part: string): [InstanceSize, InstanceLimits] {
  const match = /^([a-z]+)=([^/]+)\/([^/]+)\/([^/]+)$/.exec(part);
  const size = INSTANCE_SIZES.find((one) => one === match?.[1]);
  if (!match || !size) {
    throw new InstanceSizesSyntaxError(
      `"${part}" is not <size>=<cores>/<MiB>/<processes> with a size of ${INSTANCE_SIZES.join(', ')}.`,
    );
  }
  const mebibytes = readNumber(part, match[3], smallestMebibytes);
  return [
    size,
    {
      cpus: readNumber(part, match[2], 0.1),
      memoryBytes: mebibytes === null ? null : Math.round(mebibytes * mebibyte),
      processes: readNumber(part, match[4], fewestProcesses),
    },
  ];
}

function readNumber(part: string, text: string | undefined, least: number): number | null {
  if (text === '-') return null;
  const number = /^\d+(\.\d+)?$/.test(text ?? '') ? Number(text) : Number.NaN;
  if (!(number >= least)) {
    throw new InstanceSizesSyntaxError(
      `"${text}" in "${part}" must be a number of ${least} or more, or "-".`,
    );
  }
  return number;
}
