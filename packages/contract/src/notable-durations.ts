/** Shorter differences are noise: they vary between any two runs. */
const minDifferenceMs = 500;
const minShare = 0.2;

/** Whether a difference of two durations is worth showing: at least half a second and 20 % of the first. */
export function isNotableDuration(beforeMs: number, afterMs: number): boolean {
  const difference = Math.abs(afterMs - beforeMs);
  return difference >= minDifferenceMs && difference >= beforeMs * minShare;
}
