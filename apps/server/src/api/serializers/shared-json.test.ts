import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { propertySeed } from '@pumphouse/testing/fixtures/property-seed.ts';
import { stringifyPage } from './shared-json.ts';

it('produces the same JSON as JSON.stringify', () => {
  const item = fc.record(
    {
      id: fc.string(),
      job: fc.option(fc.record({ ref: fc.string(), definition: fc.jsonValue() })),
      version: fc.record({ number: fc.nat() }),
      note: fc.constant(undefined),
    },
    { requiredKeys: [] },
  );
  const page = fc.record(
    {
      items: fc.array(item).map((items) => items.flatMap((one) => [one, { ...one, id: 'twin' }])),
      total: fc.nat(),
      next_cursor: fc.option(fc.string()),
    },
    { requiredKeys: ['items'] },
  );
  fc.assert(
    fc.property(page, (value) => {
      const text = stringifyPage(value, ['job', 'version']);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
    }),
    { seed: propertySeed, numRuns: 300 },
  );
});
