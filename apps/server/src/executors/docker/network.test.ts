import { expect, it } from 'vitest';
import { planNetwork } from './network.ts';

function plan(egress: boolean, purpose: 'runs' | 'builds') {
  const planned = planNetwork('installation-1', { name: null, egress }, purpose);
  if ('existing' in planned) throw new Error('The network exists already.');
  return planned.own;
}

it('a setting that denies runs internet access selects another network than the one with access', () => {
  expect(plan(true, 'runs').internal).toBe(false);
  expect(plan(false, 'runs').internal).toBe(true);
  expect(plan(false, 'runs').name).not.toBe(plan(true, 'runs').name);
  expect(plan(false, 'runs').bridge).not.toBe(plan(true, 'runs').bridge);
});

it('builds have internet access whatever runs have', () => {
  expect(plan(false, 'builds')).toEqual(plan(true, 'runs'));
  expect(plan(true, 'builds')).toEqual(plan(true, 'runs'));
});

it('bridge names are short enough for an interface, and differ between installations', () => {
  for (const egress of [true, false]) expect(plan(egress, 'runs').bridge.length).toBeLessThanOrEqual(15);
  const other = planNetwork('installation-2', { name: null, egress: true }, 'runs');
  expect(other).not.toEqual({ own: plan(true, 'runs') });
});

it('a network named by an operator is used unchanged', () => {
  const named = { name: 'ours', egress: false };
  expect(planNetwork('installation-1', named, 'runs')).toEqual({ existing: 'ours' });
});
