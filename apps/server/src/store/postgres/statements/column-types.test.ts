import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { propertySeed } from '@pumphouse/testing/fixtures/property-seed.ts';
import { readColumnType } from './column-types.ts';

const readInstant = readColumnType(1184);

it.each([
  ['2026-01-02 03:04:05+00', '2026-01-02T03:04:05.000Z'],
  ['2026-01-02 03:04:05.6+00', '2026-01-02T03:04:05.600Z'],
  ['2026-01-02 03:04:05.06+00', '2026-01-02T03:04:05.060Z'],
  ['2026-12-31 23:59:59.999999+00', '2026-12-31T23:59:59.999Z'],
  ['2024-02-29 00:00:00.0005+00', '2024-02-29T00:00:00.000Z'],
  ['0001-01-01 00:00:00+00', '0001-01-01T00:00:00.000Z'],
  ['2026-01-02 03:04:05.678+02', '2026-01-02T01:04:05.678Z'],
  ['2026-01-02 03:04:05.678-05', '2026-01-02T08:04:05.678Z'],
  ['2026-01-02 03:04:05.678+05:30', '2026-01-01T21:34:05.678Z'],
])('reads the instant %s', (text, expected) => {
  expect(readInstant(text)).toEqual(new Date(expected));
});

it('reads each instant like the ISO 8601 parser', () => {
  const date = fc.date({ min: new Date('0100-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
  const property = fc.property(date, fc.nat(999), (instant, microseconds) => {
    const text = `${instant.toISOString().slice(0, -1)}${String(microseconds).padStart(3, '0')}`;
    // Postgres writes no zeros at the end.
    const shown = text.replace('T', ' ').replace(/\.?0+$/, '');
    expect(readInstant(`${shown}+00`)).toEqual(instant);
  });
  fc.assert(property, { seed: propertySeed, numRuns: 500 });
});
