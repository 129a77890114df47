import { describe, expect, it } from 'vitest';
import { describeOldFigures, freshnessAppearance } from './freshness.ts';

const onTime = { why: 'on_time', is_stale: false };

describe('freshnessAppearance', () => {
  it('is green only if the last run succeeded', () => {
    expect(freshnessAppearance(onTime, 'succeeded')).toMatchObject({ word: 'Fresh', colour: 'completed' });
    expect(freshnessAppearance(onTime, 'failed')).toMatchObject({ word: 'Fresh', colour: 'cancelled' });
  });

  it('falls back to staleness for unknown reasons of a newer server', () => {
    expect(freshnessAppearance({ why: 'held', is_stale: true }, undefined).word).toBe('Stale');
    expect(freshnessAppearance({ why: 'held', is_stale: false }, undefined).word).toBe('Unknown');
  });
});

describe('describeOldFigures', () => {
  const now = new Date('2026-11-26T12:00:00Z');

  it('returns a notice for old figures', () => {
    expect(describeOldFigures('2026-11-14T11:00:00Z', null, now)).toBe(
      'The last run was 12 days ago. The figures on this page are from that run or earlier.',
    );
  });

  it('returns null before the next run is due', () => {
    expect(describeOldFigures('2026-11-25T11:00:00Z', null, now)).toBeNull();
    expect(describeOldFigures('2026-11-14T11:00:00Z', 7 * 86_400, now)).toBeNull();
    expect(describeOldFigures(null, null, now)).toBeNull();
  });
});
