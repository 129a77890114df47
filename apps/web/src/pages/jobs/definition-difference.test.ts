import { describe, expect, it } from 'vitest';
import { compareDefinitions } from './definition-difference.ts';

const definition = {
  job_ref: 'jobs.shop',
  triggers: ['every:5m', 'tag:dlt'],
  execute: { timeout: { timeout: 60 } },
  require: { profile: 'prod' },
};

describe('compareDefinitions', () => {
  it('ignores the order of list items and settings', () => {
    const { triggers, ...others } = definition;
    expect(compareDefinitions(definition, { triggers: triggers.toReversed(), ...others })).toEqual([]);
  });

  it('compares setting by setting, and lists item by item', () => {
    const after = {
      job_ref: 'jobs.shop',
      triggers: ['tag:dlt', 'schedule:0 6 * * *'],
      execute: { timeout: { timeout: 90 }, concurrency: null },
      description: 'Orders',
    };
    expect(compareDefinitions(definition, after)).toEqual([
      { path: 'description', before: null, after: 'Orders' },
      { path: 'execute.concurrency', before: null, after: 'null' },
      { path: 'execute.timeout.timeout', before: '60', after: '90' },
      { path: 'require.profile', before: 'prod', after: null },
      { path: 'triggers', before: 'every:5m', after: null },
      { path: 'triggers', before: null, after: 'schedule:0 6 * * *' },
    ]);
  });

  it('handles a setting that changed from a string to a list', () => {
    expect(compareDefinitions({ tags: 'dlt' }, { tags: ['dlt', 'shop'] })).toEqual([
      { path: 'tags', before: 'dlt', after: 'dlt, shop' },
    ]);
  });
});
