import { defaultKeyDays, maxKeyDays } from '@pumphouse/contract';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { propertySeed } from '../../../../../testing/fixtures/property-seed.ts';
import { chooseKeyDays, isKeyTooOld } from './key-policy.ts';

const runs = { seed: propertySeed };
const days = fc.integer({ min: 1, max: maxKeyDays });
const createdAt = new Date('2026-01-01T00:00:00Z');
const after = (ofDays: number) => createdAt.getTime() + ofDays * 86_400_000;

it('shortens the default to the maximum, and keeps it without one', () => {
  expect(chooseKeyDays(null, null)).toBe(defaultKeyDays);
  fc.assert(
    fc.property(days, (max) => chooseKeyDays(null, max) === Math.min(defaultKeyDays, max)),
    runs,
  );
});

it('refuses exactly the wishes above the maximum', () => {
  fc.assert(
    fc.property(days, fc.option(days), (asked, max) => {
      expect(chooseKeyDays(asked, max)).toBe(max !== null && asked > max ? null : asked);
    }),
    runs,
  );
});

it('never chooses a lifetime at whose last moment the key is too old', () => {
  fc.assert(
    fc.property(fc.option(days), fc.option(days), (asked, max) => {
      const chosen = chooseKeyDays(asked, max);
      if (chosen !== null) expect(isKeyTooOld(createdAt, max, after(chosen) - 1)).toBe(false);
    }),
    runs,
  );
});

it('is too old from the end of its last day on, and never without a maximum', () => {
  fc.assert(
    fc.property(days, (max) => {
      expect(isKeyTooOld(createdAt, max, after(max) - 1)).toBe(false);
      expect(isKeyTooOld(createdAt, max, after(max))).toBe(true);
      expect(isKeyTooOld(createdAt, null, after(max))).toBe(false);
    }),
    runs,
  );
});
