import { expect, it } from 'vitest';
import type { BackfillResponse } from '@pumphouse/contract';
import { backfillAppearance, describePreview, describeProgress, joinRanges } from './backfill-texts.ts';

const none = { completed: 0, running: 0, failed: 0, invalidated: 0, missing: 0 };

it('a preview counts runs, and windows by state', () => {
  const preview = {
    range: null,
    windows: [],
    counts: { ...none, completed: 19, missing: 12 },
    window_count: 12,
    turns_on: null,
  };
  expect(describePreview(preview, 4)).toBe('Starts 12 runs. Of 31 windows: 12 missing, 19 completed.');
  expect(describePreview({ ...preview, counts: { ...none, completed: 1 }, window_count: 0 }, 1)).toBe(
    'Starts no runs. Of 1 window: 1 completed.',
  );
  expect(describePreview({ ...preview, counts: none }, 1)).toBe('The range includes no windows of the job.');
});

it('a preview warns if windows cannot run at the same time', () => {
  const preview = {
    range: null,
    windows: [],
    counts: { ...none, missing: 2 },
    window_count: 2,
    turns_on: 'orders',
  };
  expect(describePreview(preview, 1)).toBe('Starts 2 runs. Of 2 windows: 2 missing.');
  expect(describePreview(preview, 2)).toContain('They run one at a time');
});

it('windows that follow each other are joined to one range', () => {
  const days = (start: string, end: string) => ({ start: `2026-01-${start}Z`, end: `2026-01-${end}Z` });
  expect(joinRanges([days('03', '04'), days('01', '02'), days('02', '03'), days('06', '07')])).toEqual([
    days('01', '04'),
    days('06', '07'),
  ]);
});

it('progress names what is done, what runs and what is left', () => {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- only these fields are read
  const backfill = {
    window_count: 90,
    seconds_left: 480,
    counts: { waiting: 73, running: 4, completed: 11, covered: 1, failed: 1, cancelled: 0, skipped: 2 },
  } as BackfillResponse;
  expect(describeProgress(backfill)).toBe('12 of 90 done, 4 running, 1 failed, 2 skipped, about 8 min left');
});

it('an unknown status is shown as it is', () => {
  expect(backfillAppearance('new').word).toBe('new');
});
