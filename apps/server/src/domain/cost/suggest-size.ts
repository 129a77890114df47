import type { InstanceSize } from '../jobs/job-definition.ts';
import type { InstanceSizes } from '../attempts/instance-sizes.ts';
import { INSTANCE_SIZES } from '../jobs/job-definition.ts';

/** Fewer runs may have been unusual ones. */
const minMeasured = 3;
/** A smaller size must have this multiple of the memory that was ever used: sources grow, and samples miss peaks. */
const memoryHeadroom = 1.5;

/** What the attempts of a job on one size used. */
interface UseOfSize {
  size: InstanceSize;
  measuredCount: number;
  peakMemoryBytes: number | null;
  peakCores: number | null;
}

/** Finds the smallest size that the attempts would have fitted in with room to spare; null for none. */
export function suggestSize(
  sizes: InstanceSizes,
  { size, measuredCount, peakMemoryBytes, peakCores }: UseOfSize,
): InstanceSize | null {
  if (measuredCount < minMeasured || peakMemoryBytes === null || peakCores === null) return null;
  const memoryOf = (each: InstanceSize) => sizes[each].memoryBytes ?? Infinity;
  const coresOf = (each: InstanceSize) => sizes[each].cpus ?? Infinity;
  const [smallest] = INSTANCE_SIZES.filter(
    (each) =>
      memoryOf(each) < memoryOf(size) &&
      memoryOf(each) >= peakMemoryBytes * memoryHeadroom &&
      coresOf(each) >= peakCores,
  ).toSorted((one, other) => memoryOf(one) - memoryOf(other));
  return smallest ?? null;
}
