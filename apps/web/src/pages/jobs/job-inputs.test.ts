import type { JobInput } from '@pumphouse/contract';
import { describe, expect, it } from 'vitest';
import { chooseField, listSettable, toInput, toTexts } from './job-inputs.ts';

const define = (name: string, schema: Record<string, unknown>): JobInput => ({
  name,
  is_required: false,
  source: 'default',
  value_schema: schema,
  annotation: null,
  default_text: null,
  description: null,
});

it.each([
  [{ type: 'string' }, { kind: 'text' }],
  [{ type: 'integer' }, { kind: 'number' }],
  [{ type: 'string', format: 'date' }, { kind: 'date' }],
  [{ type: 'string', format: 'date-time' }, { kind: 'datetime-local' }],
  [{ type: 'boolean' }, { kind: 'choice', choices: ['true', 'false'] }],
  [{ enum: ['eu', 3, null] }, { kind: 'choice', choices: ['eu', '3'] }],
  [{ anyOf: [{ type: 'string', format: 'date' }, { type: 'null' }] }, { kind: 'date' }],
  [{ anyOf: [{ type: 'integer' }, { type: 'string' }] }, { kind: 'text' }],
  [{ type: 'array', items: {} }, { kind: 'text' }],
  [{}, { kind: 'text' }],
])('the field of %j', (schema, field) => {
  expect(chooseField(schema)).toEqual(field);
});

describe('the input of a start', () => {
  const inputs = [
    define('day', { type: 'string', format: 'date' }),
    define('code', { type: 'string' }),
    define('any', {}),
  ];

  it('has what was typed, and reads only values without a type as JSON', () => {
    expect(toInput({ day: '2026-11-29', code: '007', any: '[1, 2]', other: 'text' }, inputs)).toEqual({
      day: '2026-11-29',
      code: '007',
      any: [1, 2],
    });
  });

  it('is absent if nothing was typed', () => {
    expect(toInput({}, inputs)).toBeUndefined();
    expect(toInput({ day: '' }, inputs)).toBeUndefined();
  });

  it('becomes texts again for another start', () => {
    expect(toTexts('{"day":"2026-11-29","any":[1,2],"count":3}')).toEqual({
      day: '2026-11-29',
      any: '[1,2]',
      count: '3',
    });
    expect(toTexts(null)).toEqual({});
    expect(toTexts('[1]')).toEqual({});
  });
});

it.each([
  [true, ['day', 'other']],
  [false, ['day']],
])('other names of an earlier start have fields if any name is taken: %s', (takesAnyName, names) => {
  const declared = {
    job_id: '0',
    used_as: 'parameters' as const,
    is_known: true,
    inputs: [define('day', {}), { ...define('token', {}), source: 'secret' as const }],
    takes_any_name: takesAnyName,
    input_schema: {},
  };
  expect(listSettable(declared, { other: '1' }).map(({ name }) => name)).toEqual(names);
  expect(listSettable(undefined, {})).toEqual([]);
});
