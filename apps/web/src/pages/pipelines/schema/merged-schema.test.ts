import type { SchemaChange } from '@pumphouse/contract';
import { describe, expect, it } from 'vitest';
import { makeColumn } from './testing/make-column.ts';
import { formatType, listKeys, mergeSchemas, type SchemaColumn, type SchemaTable } from './merged-schema.ts';

const table = (name: string, columns: SchemaColumn[], parent: string | null = null): SchemaTable => ({
  name,
  parent,
  resource: null,
  write_disposition: 'append',
  merge_strategy: null,
  description: null,
  columns,
});

const change = (kind: string, more: Partial<SchemaChange>): SchemaChange => ({
  kind,
  table: 'orders',
  column: null,
  hint: null,
  before: null,
  after: null,
  ...more,
});

const base = {
  tables: [table('orders', [makeColumn('id'), makeColumn('note')]), table('old', [makeColumn('x')])],
};
const version = {
  tables: [
    table('orders__lines', [makeColumn('sku')], 'orders'),
    table('orders', [makeColumn('id'), makeColumn('code'), makeColumn('_dlt_id', { is_dlt: true })]),
    table('areas', [makeColumn('name')]),
  ],
};
const changes = [
  change('table_added', { table: 'areas', after: '1 column' }),
  change('table_removed', { table: 'old', before: '1 column' }),
  change('column_added', { column: 'code', after: 'text' }),
  change('column_removed', { column: 'note', before: 'text' }),
  change('nullable_changed', { column: 'id', before: 'nullable', after: 'not null' }),
  change('hint_changed', { column: 'id', hint: 'primary_key', after: 'yes' }),
];

describe('a merged schema', () => {
  const merged = mergeSchemas(version, base, changes);
  const orders = merged.find(({ name }) => name === 'orders');

  it('orders tables as a tree, including removed ones', () => {
    expect(merged.map(({ name, mark }) => [name, mark])).toEqual([
      ['areas', 'added'],
      ['old', 'removed'],
      ['orders', 'changed'],
      ['orders__lines', null],
    ]);
  });

  it('marks each changed column', () => {
    expect(orders?.columns.map(({ name, mark }) => [name, mark])).toEqual([
      ['id', 'changed'],
      ['code', 'added'],
      ['note', 'removed'],
    ]);
    expect(orders?.columns[0]?.changes).toEqual([
      { what: 'null', before: 'nullable', after: 'not null' },
      { what: 'primary key', before: null, after: 'yes' },
    ]);
    expect(orders?.dltColumns.map(({ name }) => name)).toEqual(['_dlt_id']);
  });

  it('marks nothing without a comparison, as in a first version', () => {
    const plain = mergeSchemas(version, null, [change('schema_created', { table: null })]);
    expect(plain.map(({ mark }) => mark)).toEqual([null, null, null]);
  });
});

describe('the description of a column', () => {
  it('has its type with precision, and its keys', () => {
    expect(formatType(makeColumn('x', { data_type: 'decimal', precision: 38, scale: 9 }))).toBe(
      'decimal(38,9)',
    );
    expect(formatType(makeColumn('x', { precision: 64 }))).toBe('text(64)');
    expect(listKeys(makeColumn('x', { primary_key: true, incremental: true }))).toEqual([
      'primary key',
      'cursor',
    ]);
  });
});
