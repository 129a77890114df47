import { expect, it } from 'vitest';
import { buildDefinition } from './test-definition.ts';
import { compareDefinitions } from './compare-definitions.ts';

it('names the settings that differ, with their values as JSON', () => {
  const before = buildDefinition({
    triggers: ['every:10m'],
    execute: { concurrency: 1 },
    description: 'Loads orders',
  });
  const after = buildDefinition({
    triggers: ['every:10m', 'tag:x'],
    execute: { concurrency: null, timeout: { timeout: 60 } },
    expose: {},
  });
  expect(compareDefinitions(before, after)).toEqual([
    { key: 'description', change: 'removed', before: '"Loads orders"', after: null },
    { key: 'execute.concurrency', change: 'changed', before: '1', after: 'null' },
    { key: 'execute.timeout.timeout', change: 'added', before: null, after: '60' },
    { key: 'triggers', change: 'changed', before: '["every:10m"]', after: '["every:10m","tag:x"]' },
  ]);
});

it('finds nothing if only the order of keys differs', () => {
  expect(compareDefinitions({ a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 })).toEqual([]);
});
