import type { InstanceSize } from '../jobs/job-definition.ts';
import { recordOf } from '../primitives/typed-record.ts';
import { INSTANCE_SIZES } from '../jobs/job-definition.ts';

/** Resource limits of a run of one size; null means no limit. */
export interface InstanceLimits {
  memoryBytes: number | null;
  /** Cores. */
  cpus: number | null;
  /** Maximum number of processes and threads at once. */
  processes: number | null;
  /** What a run may write to the disk of its attempt; absent or null for no limit. */
  diskBytes?: number | null;
}

export type InstanceSizes = Record<InstanceSize, InstanceLimits>;

/**
 * Cores and memory match the hosted product; the process limits allow a worker pool on each core but stop a
 * fork bomb.
 */
export const defaultInstanceSizes =
  'small=2/4096/512 medium=4/8192/1024 large=8/16384/2048 xlarge=16/32768/4096';

export class InstanceSizesSyntaxError extends Error {
  override readonly name = 'InstanceSizesSyntaxError';
}

const noLimits: InstanceLimits = { memoryBytes: null, cpus: null, processes: null };
const mebibyte = 1024 * 1024;
const minMebibytes = 64;
const fewestProcesses = 32;

/**
 * Parses `<size>=<cores>/<MiB of memory>/<processes>[/<MiB of disk>]` entries, separated by spaces; `-` means no
 * limit. Sizes that are not listed keep their defaults.
 * @throws InstanceSizesSyntaxError naming the invalid part
 */
export function parseInstanceSizes(text: string): InstanceSizes {
  const sizes = new Map([...readParts(defaultInstanceSizes), ...readParts(text)]);
  return recordOf(INSTANCE_SIZES, (size) => sizes.get(size) ?? noLimits);
}

/** Returns the limits of a run whose job names this size; `small` if it names none. */
export function chooseInstanceLimits(sizes: InstanceSizes, size: InstanceSize | undefined): InstanceLimits {
  return sizes[size ?? 'small'];
}

/** Finds the next size with more memory; null if there is none. */
export function findLargerSize(sizes: InstanceSizes, size: InstanceSize): InstanceSize | null {
  const memoryOf = (each: InstanceSize) => sizes[each].memoryBytes ?? Infinity;
  const [larger] = INSTANCE_SIZES.filter((each) => memoryOf(each) > memoryOf(size)).toSorted(
    (one, other) => memoryOf(one) - memoryOf(other),
  );
  return larger ?? null;
}

/** Returns the size that a definition names; undefined for none and for a size unknown to this version. */
export function readInstanceSize(text: string | null): InstanceSize | undefined {
  return INSTANCE_SIZES.find((size) => size === text);
}

/** Returns the size on which a run of a stored definition starts: `small` for none, and for one unknown to this version. */
export function toInstanceSize(text: string | null): InstanceSize {
  return readInstanceSize(text) ?? 'small';
}

function readParts(text: string): Map<InstanceSize, InstanceLimits> {
  const parts = text.trim().split(/\s+/).filter(Boolean);
  return new Map(parts.map(readPart));
}

function readPart(part: string): [InstanceSize, InstanceLimits] {
  const match = /^([a-z]+)=([^/]+)\/([^/]+)\/([^/]+)(?:\/([^/]+))?$/.exec(part);
  const size = INSTANCE_SIZES.find((one) => one === match?.[1]);
  if (!match || !size) {
    throw new InstanceSizesSyntaxError(
      `"${part}" is not <size>=<cores>/<MiB>/<processes>, or with /<MiB of disk> behind it, with a size of ${INSTANCE_SIZES.join(', ')}.`,
    );
  }
  const mebibytes = readNumber(part, match[3], minMebibytes);
  return [
    size,
    {
      cpus: readNumber(part, match[2], 0.1),
      memoryBytes: toBytes(mebibytes),
      processes: readNumber(part, match[4], fewestProcesses),
      ...(match[5] !== undefined && { diskBytes: toBytes(readNumber(part, match[5], minMebibytes)) }),
    },
  ];
}

const toBytes = (mebibytes: number | null): number | null =>
  mebibytes === null ? null : Math.round(mebibytes * mebibyte);

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
