import { toInstanceSize } from '../attempts/instance-sizes.ts';
import type { InstanceSize } from '../jobs/job-definition.ts';

/** Prices of an hour of each size, from a day on. */
export interface SizeRates {
  /** UTC, as YYYY-MM-DD. */
  startsOn: string;
  /** ISO 4217. */
  currency: string;
  /** A size that is absent has no price. */
  hourlyPrices: Partial<Record<InstanceSize, number>>;
}

/**
 * Counts the rates that have started by a day.
 * @param rates by their first day
 */
export function findRatePeriod(rates: readonly SizeRates[], day: string): number {
  return rates.filter(({ startsOn }) => startsOn <= day).length;
}

/** Returns the price of an hour; null for none. */
export function findHourlyPrice(
  rates: readonly SizeRates[],
  ratePeriod: number,
  size: string,
): number | null {
  return rates[ratePeriod - 1]?.hourlyPrices[toInstanceSize(size)] ?? null;
}
