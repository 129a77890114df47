import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { propertySeed } from '@pumphouse/testing/fixtures/property-seed.ts';
import { stringifyPage } from './shared-json.ts';

const keys = { shared: ['job'], lasting: ['version'], lastingWithin: ['definition'] } as const;

it('produces the same JSON as JSON.stringify', () => {
  const item = fc.record(
    {
      id: fc.string({ unit: 'binary', maxLength: 5 }),
      job: fc.option(
        fc.record(
          { ref: fc.string({ unit: 'binary', maxLength: 5 }), definition: fc.jsonValue({ maxDepth: 2 }) },
          { requiredKeys: [] },
        ),
      ),
      version: fc.record({ number: fc.nat(), name: fc.string({ unit: 'binary', maxLength: 5 }) }),
      note: fc.constant(undefined),
    },
    { requiredKeys: [] },
  );
  const page = fc.record(
    {
      items: fc
        .array(item, { maxLength: 5 })
        .map((items) => items.flatMap((one) => [one, { ...one, id: 'twin' }])),
      total: fc.nat(),
      next_cursor: fc.option(fc.string()),
    },
    { requiredKeys: ['items'] },
  );
  fc.assert(
    fc.property(page, (value) => {
      const once = stringifyPage(value, keys).toString();
      expect(JSON.parse(once)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(stringifyPage(value, keys).toString(), 'with texts that were kept').toBe(once);
    }),
    { seed: propertySeed, numRuns: 300 },
  );
});

it('serializes again what changes between responses, but no lasting object', () => {
  let serialized = 0;
  const version = { toJSON: () => ({ number: (serialized += 1) }) };
  const definition = { steps: [1] };
  const textOf = (paused: boolean) =>
    stringifyPage({ items: [{ job: { paused, definition }, version }] }, keys).toString();
  expect(JSON.parse(textOf(false))).toEqual({
    items: [{ job: { paused: false, definition }, version: { number: 1 } }],
  });
  expect(JSON.parse(textOf(true))).toEqual({
    items: [{ job: { paused: true, definition }, version: { number: 1 } }],
  });
});
