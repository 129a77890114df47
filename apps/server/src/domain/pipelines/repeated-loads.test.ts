import { expect, it } from 'vitest';
import { readRepeatedLoad } from './repeated-loads.ts';

const told = {
  pipeline: 'shop',
  schema: 'shop',
  table: 'orders',
  load_id: '1795989114.5',
  status: 'twice',
  rows: 3,
  statement: 'DELETE FROM "shop"."orders";',
  is_examined: true,
};

it('reads what is told of a table', () => {
  expect(readRepeatedLoad(told)).toEqual({
    pipelineName: 'shop',
    schemaName: 'shop',
    tableName: 'orders',
    loadId: '1795989114.5',
    status: 'twice',
    rows: 3,
    statement: 'DELETE FROM "shop"."orders";',
    isExamined: true,
  });
});

it.each([
  ['too long', 'x'.repeat(16_001)],
  ['with a NUL', 'a\0b'],
  ['with half a character', 'a\ud800'],
  ['no text', 7],
])('leaves out a statement that is %s, and never cuts it', (_, statement) => {
  expect(readRepeatedLoad({ ...told, statement })).toMatchObject({ status: 'twice', statement: null });
});

it('has rows and a statement only if rows are there twice', () => {
  for (const status of ['once', 'unknown'])
    expect(readRepeatedLoad({ ...told, status })).toMatchObject({ status, rows: null, statement: null });
});

it.each([null, 'text', { ...told, status: 'invented' }, { ...told, table: '' }, { ...told, load_id: 7 }])(
  'is nothing if it makes no sense: %j',
  (value) => {
    expect(readRepeatedLoad(value)).toBeNull();
  },
);
