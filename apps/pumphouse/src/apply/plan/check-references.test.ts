import { expect, it } from 'vitest';
import type { Change } from './change.ts';
import { checkReferences } from './check-references.ts';

const rule: Change = {
  action: 'create',
  kind: 'alert_rule',
  path: ['Shop', 'orders', 'late'],
  attributes: [],
  before: {},
  after: { channels: ['chat', 'mail'], 'scope.jobs': ['jobs.load'] },
};
const channel = (name: string, action: Change['action']): Change => ({
  ...rule,
  action,
  kind: 'alert_channel',
  path: ['Shop', 'orders', name],
  after: {},
});
const existing = new Set(['mail', 'jobs.load']);
const exists = (_kind: string, path: readonly string[]) => existing.has(path.at(-1) ?? '');

it('accepts what the server has, and what the plan creates', () => {
  expect(checkReferences([channel('chat', 'create'), rule], exists)).toEqual([]);
});

it('finds what does not exist, and what the plan removes', () => {
  expect(checkReferences([rule, channel('mail', 'remove')], exists)).toEqual([
    'The alert rule Shop > orders > late names the alert channel chat, which does not exist.',
    'The alert rule Shop > orders > late names the alert channel mail, which does not exist.',
  ]);
  expect(checkReferences([channel('chat', 'create'), rule], (kind) => kind !== 'job')).toEqual([
    'The alert rule Shop > orders > late names the job jobs.load, which does not exist.',
  ]);
  const subscription: Change = {
    ...rule,
    kind: 'event_subscription',
    path: ['Shop', 'orders', 'lake'],
    after: { 'scope.jobs': ['jobs.load', 'jobs.gone'] },
  };
  expect(checkReferences([subscription], exists)).toEqual([
    'The event subscription Shop > orders > lake names the job jobs.gone, which does not exist.',
  ]);
});
