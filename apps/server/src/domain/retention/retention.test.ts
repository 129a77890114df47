import type { RetentionCandidate } from './retention.ts';
import type { RetentionLimit } from './retention-limits.ts';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decidePauseSeconds, decideRemovals } from './retention.ts';
import { parseRetention } from './retention-limits.ts';
import { propertySeed } from '../../../../../testing/fixtures/property-seed.ts';

const now = new Date('2026-03-10T12:00:00Z');

function kept(id: string, ageSeconds: number, bytes: number, isNeeded = false): RetentionCandidate {
  return { id, at: new Date(now.getTime() - ageSeconds * 1000), bytes, isNeeded };
}

function decide(candidates: RetentionCandidate[], limit: Partial<RetentionLimit>) {
  const bytes = candidates.reduce((sum, one) => sum + one.bytes, 0);
  const whole = { maxAgeSeconds: null, maxBytes: null, ...limit };
  const decision = decideRemovals(candidates, whole, bytes, now);
  return { ...decision, removed: decision.removed.map((one) => one.id) };
}

describe('decideRemovals', () => {
  const three = [kept('a', 300, 5), kept('b', 200, 5), kept('c', 100, 5)];

  it('removes nothing without a limit', () => {
    expect(decide(three, {})).toEqual({ removed: [], bytesLeft: 15, isDone: true });
  });

  it('removes candidates that have reached the maximum age', () => {
    expect(decide(three, { maxAgeSeconds: 200 })).toEqual({
      removed: ['a', 'b'],
      bytesLeft: 5,
      isDone: true,
    });
  });

  it('removes the oldest until the total size is within the limit', () => {
    expect(decide(three, { maxBytes: 10 })).toEqual({ removed: ['a'], bytesLeft: 10, isDone: true });
    expect(decide(three, { maxBytes: 9 })).toMatchObject({ removed: ['a', 'b'], bytesLeft: 5 });
  });

  it('counts needed candidates, and keeps them', () => {
    const candidates = [kept('a', 300, 50, true), kept('b', 200, 5), kept('c', 100, 5)];
    expect(decide(candidates, { maxBytes: 56 })).toEqual({ removed: ['b'], bytesLeft: 55, isDone: true });
    expect(decide(candidates, { maxAgeSeconds: 0, maxBytes: 0 })).toEqual({
      removed: ['b', 'c'],
      bytesLeft: 50,
      isDone: false,
    });
  });

  const candidatesArbitrary = fc
    .array(fc.record({ age: fc.nat(50), bytes: fc.nat(20), isNeeded: fc.boolean() }), { maxLength: 40 })
    .map((all) =>
      all
        .toSorted((a, b) => b.age - a.age)
        .map(({ age, bytes, isNeeded }, index) => kept(String(index), age, bytes, isNeeded)),
    );
  const limitArbitrary = fc.record({
    maxAgeSeconds: fc.option(fc.nat(60)),
    maxBytes: fc.option(fc.nat(300)),
  });

  it('keeps needed candidates, nothing too old, and at most the limit apart from needed ones', () => {
    const property = fc.property(candidatesArbitrary, limitArbitrary, (candidates, limit) => {
      const { removed, bytesLeft } = decide(candidates, limit);
      const gone = new Set(removed);
      const left = candidates.filter((one) => !gone.has(one.id));
      const free = left.filter((one) => !one.isNeeded);
      expect(bytesLeft).toBe(left.reduce((sum, one) => sum + one.bytes, 0));
      expect(candidates.filter((one) => gone.has(one.id) && one.isNeeded)).toEqual([]);
      const oldestKept = now.getTime() - (limit.maxAgeSeconds ?? Infinity) * 1000;
      expect(free.filter((one) => one.at.getTime() <= oldestKept)).toEqual([]);
      if (limit.maxBytes !== null && free.length > 0) expect(bytesLeft).toBeLessThanOrEqual(limit.maxBytes);
    });
    fc.assert(property, { seed: propertySeed, numRuns: 500 });
  });

  it('never keeps an unneeded candidate older than a removed one', () => {
    const property = fc.property(candidatesArbitrary, limitArbitrary, (candidates, limit) => {
      const gone = new Set(decide(candidates, limit).removed);
      const order = candidates.filter((one) => !one.isNeeded).map((one) => gone.has(one.id));
      expect(order).toEqual(order.toSorted((a, b) => Number(b) - Number(a)));
    });
    fc.assert(property, { seed: propertySeed, numRuns: 500 });
  });

  it('decides the same in pages', () => {
    const pageSize = fc.integer({ min: 1, max: 7 });
    const property = fc.property(candidatesArbitrary, limitArbitrary, pageSize, (candidates, limit, size) => {
      const whole = decide(candidates, limit);
      const removed: string[] = [];
      let bytesLeft = candidates.reduce((sum, one) => sum + one.bytes, 0);
      for (let from = 0; from < candidates.length; from += size) {
        const decision = decideRemovals(candidates.slice(from, from + size), limit, bytesLeft, now);
        removed.push(...decision.removed.map((one) => one.id));
        bytesLeft = decision.bytesLeft;
        if (decision.isDone) break;
      }
      expect({ removed, bytesLeft }).toEqual({ removed: whole.removed, bytesLeft: whole.bytesLeft });
    });
    fc.assert(property, { seed: propertySeed, numRuns: 300 });
  });
});

describe('decidePauseSeconds', () => {
  it.each([
    ['off', 3600],
    ['logs=90d', 3600],
    ['logs=10m', 600],
    ['logs=0s', 5],
  ])('for %s pauses %i seconds', (text, seconds) => {
    expect(decidePauseSeconds(parseRetention(text))).toBe(seconds);
  });
});
