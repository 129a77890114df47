import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import {
  defaultRetention,
  formatLimit,
  parseAge,
  parseRetention,
  retentionKinds,
  RetentionSyntaxError,
} from './retention-limits.ts';
import { propertySeed } from '../../../../../testing/fixtures/property-seed.ts';

const day = 86_400;
const gigabyte = 1024 ** 3;

describe('parseRetention', () => {
  it('parses ages, sizes and both', () => {
    expect(parseRetention('logs=12h/500MB, traces=7d,beacons=1GB')).toMatchObject({
      logs: { maxAgeSeconds: day / 2, maxBytes: 500 * 1024 ** 2 },
      traces: { maxAgeSeconds: 7 * day, maxBytes: null },
      beacons: { maxAgeSeconds: null, maxBytes: gigabyte },
    });
  });

  it('keeps the defaults of kinds that are left out; every kind has one', () => {
    const limits = parseRetention('logs=1d');
    expect(limits).toEqual({
      ...parseRetention(defaultRetention),
      logs: { maxAgeSeconds: day, maxBytes: null },
    });
    for (const kind of retentionKinds) expect(formatLimit(limits[kind])).not.toBe('off');
  });

  it('accepts off for one kind, and for all', () => {
    const one = parseRetention('runs=off');
    expect(one.runs).toEqual({ maxAgeSeconds: null, maxBytes: null });
    expect(one.logs.maxAgeSeconds).toBe(90 * day);
    expect(Object.values(parseRetention('off')).map(formatLimit)).toEqual(retentionKinds.map(() => 'off'));
  });

  it.each([
    ['logz=90d', /"logz=90d".*runs, logs/],
    ['logs', /"logs" is not valid.*logs=90d\/50GB/],
    ['logs=90', /"logs=90" has no valid age or size/],
    ['logs=90d/', /"logs=90d\/".*90d\/50GB/],
    ['logs=50GB/90d', /"logs=50GB\/90d"/],
    ['logs=90d/50GB/1', /"logs=90d\/50GB\/1"/],
    ['logs=-1d', /"logs=-1d"/],
    ['logs=1.5d', /"logs=1.5d"/],
    ['logs=99999999d', /"logs=99999999d"/],
    ['logs=1d=2d', /"logs=1d=2d"/],
    ['logs=1d,logs=2d', /"logs" is listed twice/],
    ['runs=365d/5GB', /runs have only an age/],
    ['logs=1d,', /"" is not valid/],
    ['of', /"of" is not valid/],
  ])('rejects %s and names the invalid part', (text, parts) => {
    expect(() => parseRetention(text)).toThrow(RetentionSyntaxError);
    expect(() => parseRetention(text)).toThrow(parts);
  });

  it('parses the output of formatLimit', () => {
    const age = fc.option(fc.integer({ min: 0, max: 10 * 365 * day }));
    const megabytes = fc.option(fc.integer({ min: 0, max: 10 ** 6 }));
    const property = fc.property(age, megabytes, (maxAgeSeconds, size) => {
      const limit = { maxAgeSeconds, maxBytes: size === null ? null : size * 1024 ** 2 };
      expect(parseRetention(`logs=${formatLimit(limit)}`).logs).toEqual(limit);
    });
    fc.assert(property, { seed: propertySeed, numRuns: 200 });
  });
});

describe('parseAge', () => {
  it('returns seconds; null for an invalid age', () => {
    expect(['30d', '0d', '90m', '10s', '30', '30GB', ''].map(parseAge)).toEqual([
      30 * day,
      0,
      5400,
      10,
      null,
      null,
      null,
    ]);
  });
});
