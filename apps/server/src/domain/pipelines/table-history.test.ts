import type { SchemaChange, SchemaChangeKind } from '@pumphouse/contract';
import { describe, expect, it } from 'vitest';
import { addsTable, traceColumns } from './table-history.ts';

const change = (kind: SchemaChangeKind, column: string | null = null): SchemaChange => ({
  kind,
  table: 'orders',
  column,
  hint: null,
  before: null,
  after: null,
});

const version = (name: string, changes: SchemaChange[] = [], baseHash: string | null = 'before') => ({
  name,
  baseHash,
  changes,
});

/** Each column as `added by, changed by`. */
function trace(columns: string[], versions: ReturnType<typeof version>[]) {
  return [...traceColumns(columns, versions)].map(
    ([column, { added, changed }]) => `${column}: ${added?.name ?? '?'}, ${changed?.name ?? '-'}`,
  );
}

describe('the history of columns', () => {
  it('names the version that added a column, and the table for all others', () => {
    const versions = [
      version('v3', [change('column_added', 'discount'), change('nullable_changed', 'id')]),
      version('v2', [change('data_type_changed', 'id')]),
      version('v1', [], null),
    ];
    expect(trace(['id', 'amount', 'discount'], versions)).toEqual([
      'id: v1, v3',
      'amount: v1, -',
      'discount: v3, -',
    ]);
  });

  it('takes a variant column as added by its conflict', () => {
    const versions = [version('v2', [change('type_conflict', 'id__v_text')]), version('v1', [], null)];
    expect(trace(['id__v_text'], versions)).toEqual(['id__v_text: v2, -']);
  });

  it('starts anew when a table or a column was removed and added again', () => {
    const versions = [
      version('v5', [change('column_added', 'id')]),
      version('v4', [change('column_removed', 'id'), change('hint_changed', 'amount')]),
      version('v3', [change('table_added')]),
      version('v2', [change('table_removed')]),
      version('v1', [change('column_added', 'amount'), change('hint_changed', 'id')]),
    ];
    expect(trace(['id', 'amount'], versions)).toEqual(['id: v5, -', 'amount: v3, v4']);
  });

  it('does not guess beyond the known versions', () => {
    expect(trace(['id'], [version('v9', [change('hint_changed', 'id')])])).toEqual(['id: ?, v9']);
    expect(trace(['id'], [])).toEqual(['id: ?, -']);
  });

  it('recognizes a version that added the table', () => {
    expect(addsTable(version('first', [], null))).toBe(true);
    expect(addsTable(version('later', [change('table_added')]))).toBe(true);
    expect(addsTable(version('later', [change('column_added', 'id')]))).toBe(false);
  });
});
