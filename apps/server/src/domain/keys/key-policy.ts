import { defaultKeyDays } from '@pumphouse/contract';

const dayMs = 86_400_000;

/**
 * Chooses for how many days a new key is valid.
 * @param askedDays null for the default
 * @param maxDays the maximum of the organization; null for none
 * @returns null if the asked days exceed the maximum
 */
export function chooseKeyDays(askedDays: number | null, maxDays: number | null): number | null {
  if (askedDays === null) return Math.min(defaultKeyDays, maxDays ?? defaultKeyDays);
  return maxDays !== null && askedDays > maxDays ? null : askedDays;
}

/**
 * Reports whether an organization no longer accepts a key because of its age.
 * @param maxDays the maximum of the organization; null for none
 * @param now in milliseconds
 */
export function isKeyTooOld(createdAt: Date, maxDays: number | null, now: number): boolean {
  return maxDays !== null && now >= createdAt.getTime() + maxDays * dayMs;
}
