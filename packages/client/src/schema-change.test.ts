import { describe, expect, it } from 'vitest';
import { describeSchemaChange } from './schema-change.ts';

const plain = { table: 'orders', column: null, hint: null, before: null, after: null };

describe('describeSchemaChange', () => {
  it.each([
    [
      { ...plain, kind: 'column_added', column: 'discount_code', after: 'text' },
      '+ orders.discount_code text',
    ],
    [{ ...plain, kind: 'column_removed', column: 'note', before: 'text' }, '− orders.note '],
    [{ ...plain, kind: 'table_added' }, '+ orders table'],
    [{ ...plain, kind: 'table_removed' }, '− orders table'],
    [
      { ...plain, kind: 'data_type_changed', column: 'body', before: 'text', after: 'json' },
      '~ orders.body text → json',
    ],
    [
      { ...plain, kind: 'table_hint_changed', hint: 'write_disposition', before: 'append', after: 'merge' },
      '~ orders write_disposition append → merge',
    ],
    [
      { ...plain, kind: 'hint_changed', column: 'id', hint: 'primary_key', after: 'true' },
      '~ orders.id primary_key none → true',
    ],
    [
      { ...plain, kind: 'type_conflict', column: 'note__v_json', before: 'note', after: 'json' },
      '+ orders.note__v_json json, for values that do not fit note',
    ],
    [{ ...plain, kind: 'schema_created', table: null }, '+ shop new schema'],
  ])('%o', (change, line) => {
    const { sign, subject, detail } = describeSchemaChange(change, 'shop');
    expect(`${sign} ${subject} ${detail}`).toBe(line);
  });
});
