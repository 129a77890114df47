import type { CostFigures } from './cost-entry.ts';

/** Figures with their price. */
export interface CostSum extends CostFigures {
  /** Null if nothing that was held has a price. */
  amount: number | null;
  /** The part of `heldMs` without a price. */
  unpricedMs: number;
}

const hourMs = 3_600_000;

const nothing: CostFigures = {
  attemptCount: 0,
  unlimitedCount: 0,
  measuredCount: 0,
  heldMs: 0,
  heldCoreMs: 0,
  heldMemoryByteMs: 0,
  measuredCoreMs: 0,
  measuredMemoryByteMs: 0,
  usedCoreMs: 0,
  usedMemoryByteMs: 0,
  peakMemoryBytes: null,
  peakCores: null,
  rowsLoaded: 0,
  bytesLoaded: 0,
};

/**
 * Adds figures up, and prices the time that they held.
 * @param hourlyPriceOf null for no price
 */
export function sumCosts<Figures extends CostFigures>(
  figures: readonly Figures[],
  hourlyPriceOf: (figures: Figures) => number | null,
): CostSum {
  let amount: number | null = null;
  let unpricedMs = 0;
  for (const each of figures) {
    const hourlyPrice = hourlyPriceOf(each);
    if (hourlyPrice === null) unpricedMs += each.heldMs;
    else amount = (amount ?? 0) + (each.heldMs / hourMs) * hourlyPrice;
  }
  return { ...figures.reduce<CostFigures>(addFigures, nothing), amount, unpricedMs };
}

function addFigures(one: CostFigures, other: CostFigures): CostFigures {
  return {
    attemptCount: one.attemptCount + other.attemptCount,
    unlimitedCount: one.unlimitedCount + other.unlimitedCount,
    measuredCount: one.measuredCount + other.measuredCount,
    heldMs: one.heldMs + other.heldMs,
    heldCoreMs: one.heldCoreMs + other.heldCoreMs,
    heldMemoryByteMs: one.heldMemoryByteMs + other.heldMemoryByteMs,
    measuredCoreMs: one.measuredCoreMs + other.measuredCoreMs,
    measuredMemoryByteMs: one.measuredMemoryByteMs + other.measuredMemoryByteMs,
    usedCoreMs: one.usedCoreMs + other.usedCoreMs,
    usedMemoryByteMs: one.usedMemoryByteMs + other.usedMemoryByteMs,
    peakMemoryBytes: highest(one.peakMemoryBytes, other.peakMemoryBytes),
    peakCores: highest(one.peakCores, other.peakCores),
    rowsLoaded: one.rowsLoaded + other.rowsLoaded,
    bytesLoaded: one.bytesLoaded + other.bytesLoaded,
  };
}

function highest(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.max(one, other);
}
