import { expect, it } from 'vitest';
import { checkAppearance, loopAppearance, splitChecks, summarizeChecks } from './check-texts.ts';

const check = (id: string, status: string) => ({
  id,
  status,
  area: 'executor',
  title: id,
  found: 'Found.',
  next_step: null,
});
const checks = [check('a', 'ok'), check('b', 'warning'), check('c', 'problem'), check('d', 'skipped')];

it('shows problems before warnings, and the others apart', () => {
  const { urgent, others } = splitChecks(checks);
  expect(urgent.map(({ id }) => id)).toEqual(['c', 'b']);
  expect(others.map(({ id }) => id)).toEqual(['a', 'd']);
});

it.each([
  [[], 'No problems found'],
  [[check('a', 'ok')], 'No problems found'],
  [checks, '1 problem and 1 warning'],
  [[check('a', 'warning'), check('b', 'warning')], '2 warnings'],
])('summarizes %j as %s', (some, text) => {
  expect(summarizeChecks(some)).toBe(text);
});

it('has a word for statuses and states of newer servers', () => {
  expect([checkAppearance('problem').word, checkAppearance('new').word]).toEqual(['Problem', 'Unknown']);
  expect([loopAppearance('late').word, loopAppearance('new').word]).toEqual(['Late', 'Unknown']);
});
