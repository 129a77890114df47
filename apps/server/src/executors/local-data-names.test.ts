import { describe, expect, it } from 'vitest';
import { readCopyReport } from './local-data-names.ts';

describe('the report of a copy program', () => {
  it('has the size of the copy and the age of the newest file that is no database', () => {
    const report = JSON.stringify({ size_bytes: 4096, plain_changed_seconds_ago: 2.5 });
    expect(readCopyReport(0, ['progress', report], [])).toEqual({
      sizeBytes: 4096,
      plainChangedSecondsAgo: 2.5,
    });
  });

  it('is null if runs kept a database open', () => {
    expect(readCopyReport(0, ['{"is_busy": true}'], [])).toBeNull();
  });

  it('is an error if the program failed', () => {
    expect(() => readCopyReport(1, [], ['no space'])).toThrow('Local data could not be copied: no space');
  });
});
