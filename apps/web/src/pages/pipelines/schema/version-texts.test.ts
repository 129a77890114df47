import { describe, expect, it } from 'vitest';
import { describeCounts, nameVersion } from './version-texts.ts';

const none = {
  tables_added: 0,
  tables_removed: 0,
  columns_added: 0,
  columns_removed: 0,
  columns_changed: 0,
  type_conflicts: 0,
};

describe('the description of a version', () => {
  it('has the version number, or the start of the hash', () => {
    expect(nameVersion({ version: 14, version_hash: 'abc' })).toBe('v14');
    expect(nameVersion({ version: null, version_hash: 'qJ5bQ0r2nqkF' })).toBe('qJ5bQ0r2');
  });

  it('counts the changes', () => {
    expect(describeCounts({ ...none, tables_added: 1, columns_added: 2, columns_changed: 1 })).toBe(
      '+1 table, +2 columns, ~1 change',
    );
    expect(describeCounts({ ...none, columns_removed: 3, tables_removed: 1 })).toBe('−1 table, −3 columns');
    expect(describeCounts(none)).toBe('no visible changes');
  });
});
