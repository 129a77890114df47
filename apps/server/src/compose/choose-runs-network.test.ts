import { expect, it } from 'vitest';
import { readConfig } from '../config/config.ts';
import { chooseRunsNetwork } from './choose-runs-network.ts';

const choose = (env: Record<string, string>) => chooseRunsNetwork(readConfig(env));

it('runs have a network of their own unless a setting says otherwise', () => {
  expect(choose({})).toEqual({ isShared: false, loopbackPorts: [] });
  expect(choose({ PUMPHOUSE_RUNS_NETWORK: 'shared' })).toEqual({ isShared: true, loopbackPorts: [] });
  expect(choose({ PUMPHOUSE_RUNS_LOOPBACK_PORTS: '5432,8123' })).toEqual({
    isShared: false,
    loopbackPorts: [5432, 8123],
  });
});

it('a network of an engine is refused where runs are processes', () => {
  expect(() => choose({ PUMPHOUSE_RUNS_NETWORK: 'backend' })).toThrow('PUMPHOUSE_RUNS_NETWORK is backend');
});

it.each(['http', '0', '65536', '5432,', '5432 8123'])('%s are no ports', (text) => {
  expect(() => choose({ PUMPHOUSE_RUNS_LOOPBACK_PORTS: text })).toThrow('PUMPHOUSE_RUNS_LOOPBACK_PORTS');
});
