import { expect, it } from 'vitest';
import { describeSchemaChange } from './schema-change.ts';

const change = {
  kind: 'column_added',
  table: 'orders',
  column: 'code',
  hint: null,
  before: null,
  after: 'text',
};

it.each([
  [change, '+ orders.code text'],
  [{ ...change, kind: 'schema_created', table: null, column: null }, '+ shop new schema'],
  [{ ...change, kind: 'table_added', column: null }, '+ orders table'],
  [{ ...change, kind: 'table_removed', column: null }, '- orders table'],
  [{ ...change, kind: 'column_removed' }, '- orders.code'],
  [
    { ...change, kind: 'type_conflict', before: 'bigint' },
    '+ orders.code text, for values that do not fit bigint',
  ],
  [{ ...change, kind: 'hint_changed', hint: 'unique', after: 'true' }, '~ orders.code unique none → true'],
  [{ ...change, kind: 'data_type_changed', before: 'bigint' }, '~ orders.code bigint → text'],
])('%j', (one, text) => {
  const { sign, text: described } = describeSchemaChange(one, 'shop');
  expect(`${sign} ${described}`).toBe(text);
});
