import { expect, it } from 'vitest';
import { matchesSelector } from './select-jobs.ts';

const job = {
  ref: 'jobs.shop.load',
  name: 'Load the shop',
  tags: ['nightly'],
  triggers: ['schedule:0 6 * * *', 'manual:jobs.shop.load'],
};

it.each([
  'jobs.shop.load',
  'shop.load',
  'load',
  'shop.*',
  'Load the shop',
  'tag:nightly',
  'tag:n*',
  'schedule',
  'schedule:*',
  'l[ao]?d',
])('%s selects the job', (selector) => {
  expect(matchesSelector(job, selector)).toBe(true);
});

it.each(['shop', 'loa', 'tag:daily', 'every', 'shopxload', 'l[!o]ad', '('])('%s does not', (selector) => {
  expect(matchesSelector(job, selector)).toBe(false);
});
