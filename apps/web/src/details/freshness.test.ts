import { freshnessStates, freshnessLabels } from '@pumphouse/contract';
import { describe, expect, it } from 'vitest';
import { describeOldFigures, freshnessAppearance } from './freshness.ts';

it('shows each state by the word of all pages, and one of a newer server as unknown', () => {
  expect(freshnessStates.map((state) => freshnessAppearance(state).word)).toEqual(
    freshnessStates.map((state) => freshnessLabels[state].word),
  );
  expect(freshnessAppearance('held').word).toBe('Unknown');
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
