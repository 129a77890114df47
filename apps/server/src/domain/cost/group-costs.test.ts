import { expect, it } from 'vitest';
import type { CostEntry } from './cost-entry.ts';
import type { SizeRates } from './size-rates.ts';
import { groupCosts, priceEntries } from './group-costs.ts';

const hourMs = 3_600_000;
const entry: CostEntry = {
  workspaceId: 'w',
  jobId: 'a',
  jobVersionId: 'a1',
  size: 'small',
  triggerKind: 'schedule',
  startedBy: null,
  ratePeriod: 1,
  attemptCount: 1,
  unlimitedCount: 0,
  measuredCount: 0,
  heldMs: hourMs,
  heldCoreMs: 2 * hourMs,
  heldMemoryByteMs: 4 * hourMs,
  measuredCoreMs: 0,
  measuredMemoryByteMs: 0,
  usedCoreMs: 0,
  usedMemoryByteMs: 0,
  peakMemoryBytes: null,
  peakCores: null,
  rowsLoaded: 10,
  bytesLoaded: 100,
};
const rates: SizeRates[] = [
  { startsOn: '2026-01-01', currency: 'EUR', hourlyPrices: { small: 0.5 } },
  { startsOn: '2026-02-01', currency: 'EUR', hourlyPrices: { small: 0.75, large: 2 } },
];
const entries: CostEntry[] = [
  entry,
  { ...entry, ratePeriod: 2, triggerKind: 'manual', startedBy: 'ann', peakCores: 1, peakMemoryBytes: 5 },
  { ...entry, jobId: 'b', jobVersionId: 'b1', size: 'large', ratePeriod: 1, peakCores: 0.5 },
  { ...entry, jobId: 'b', jobVersionId: 'b2', size: 'large', ratePeriod: 2, heldMs: 3 * hourMs },
];
const tags: Record<string, string[]> = { a1: ['team', 'nightly', 'team'], b2: ['team'] };
const tagsOf = (versionId: string) => tags[versionId] ?? [];

const amounts = (by: Parameters<typeof groupCosts>[1]) =>
  Object.fromEntries(
    groupCosts(entries, by, rates, tagsOf).map(({ key, triggerKind, sum }) => [
      key ?? triggerKind,
      sum.amount,
    ]),
  );

it('prices the hours of each day at the rates of that day', () => {
  expect(amounts('job')).toEqual({ a: 1.25, b: 6 });
  expect(amounts('size')).toEqual({ small: 1.25, large: 6 });
  expect(amounts('person')).toEqual({ ann: 0.75, schedule: 6.5 });
  expect(amounts('workspace')).toEqual({ w: 7.25 });
});

it('counts a run once in each tag of the version that ran', () => {
  expect(amounts('tag')).toEqual({ team: 7.25, nightly: 1.25, null: null });
});

it('tells hours without a price apart, and has no amount without any price', () => {
  const total = priceEntries(entries, rates);
  expect(total).toMatchObject({ amount: 7.25, heldMs: 6 * hourMs, unpricedMs: hourMs, rowsLoaded: 40 });
  expect(priceEntries(entries, [])).toMatchObject({ amount: null, unpricedMs: 6 * hourMs });
  const before = entries.map((each) => ({ ...each, ratePeriod: 0 }));
  expect(priceEntries(before, rates)).toMatchObject({ amount: null, unpricedMs: 6 * hourMs });
});

it('takes the highest peak of those that are known', () => {
  expect(priceEntries(entries, rates)).toMatchObject({ peakCores: 1, peakMemoryBytes: 5 });
  expect(priceEntries([entry], rates)).toMatchObject({ peakCores: null, peakMemoryBytes: null });
});

it('prices a size that this version does not know as the small one that it runs as', () => {
  expect(groupCosts([{ ...entry, size: 'huge' }], 'size', rates, tagsOf)).toMatchObject([
    { key: 'small', sum: { amount: 0.5 } },
  ]);
});
