import { describe, expect, it } from 'vitest';
import { describeOldFigures, freshnessLook } from './freshness.ts';

const onTime = { why: 'on_time', is_stale: false };

describe('freshness as a state', () => {
  it('is green only where the last run succeeded', () => {
    expect(freshnessLook(onTime, 'succeeded')).toMatchObject({ word: 'Fresh', colour: 'completed' });
    expect(freshnessLook(onTime, 'failed')).toMatchObject({ word: 'Fresh', colour: 'cancelled' });
  });

  it('says what it can of reasons that a newer server gives', () => {
    expect(freshnessLook({ why: 'held', is_stale: true }, undefined).word).toBe('Stale');
    expect(freshnessLook({ why: 'held', is_stale: false }, undefined).word).toBe('Unknown');
  });
});

describe('figures that are old', () => {
  const now = new Date('2026-11-26T12:00:00Z');

  it('are said to be old', () => {
    expect(describeOldFigures('2026-11-14T11:00:00Z', null, now)).toBe(
      'The last run was 12 days ago: all figures here are of then or before.',
    );
  });

  it('are not old before the next start can have come', () => {
    expect(describeOldFigures('2026-11-25T11:00:00Z', null, now)).toBeNull();
    expect(describeOldFigures('2026-11-14T11:00:00Z', 7 * 86_400, now)).toBeNull();
    expect(describeOldFigures(null, null, now)).toBeNull();
  });
});
