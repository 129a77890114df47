import { expect, it } from 'vitest';
import { chooseSchema } from './show-schema.ts';

const schemas = [{ schema_name: 'shop' }, { schema_name: 'payments' }];

it('needs no name for the schema of the pipeline, or the only one', () => {
  expect(chooseSchema(schemas, 'shop', undefined)).toBe(schemas[0]);
  expect(chooseSchema(schemas.slice(1), 'shop', undefined)).toBe(schemas[1]);
  expect(chooseSchema(schemas, 'shop', 'payments')).toBe(schemas[1]);
});

it.each([
  [schemas, undefined, 'schema_name_needed'],
  [schemas, 'paymets', 'schema_not_found'],
  [[], undefined, 'no_schema'],
])('of %j, %s: %s', (list, name, code) => {
  expect(() => chooseSchema(list, 'etl', name)).toThrow(expect.objectContaining({ code }));
});
