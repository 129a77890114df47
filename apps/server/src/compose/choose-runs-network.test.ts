import { expect, it } from 'vitest';
import { readConfig } from '../config/config.ts';
import { chooseRunsNetwork } from './choose-runs-network.ts';

const choose = (env: Record<string, string>) => chooseRunsNetwork(readConfig(env));

it('gives runs their own network by default', () => {
  expect(choose({})).toMatchObject({ isShared: false, loopbackPorts: [] });
  expect(choose({ PUMPHOUSE_RUNS_NETWORK: 'shared' })).toMatchObject({ isShared: true, loopbackPorts: [] });
  expect(choose({ PUMPHOUSE_RUNS_LOOPBACK_PORTS: '5432,8123' })).toMatchObject({
    isShared: false,
    loopbackPorts: [5432, 8123],
  });
});

it('keeps runs from the metadata service of a cloud, unless a setting opens it', () => {
  const { closedNetworks } = choose({});
  for (const network of ['169.254.0.0/16', '168.63.129.16/32', 'fd00:ec2::/32'])
    expect(closedNetworks).toContain(network);
  expect(choose({ PUMPHOUSE_RUNS_CLOUD_METADATA: 'open' }).closedNetworks).toEqual([]);
});

it("rejects an engine's network for runs as processes", () => {
  expect(() => choose({ PUMPHOUSE_RUNS_NETWORK: 'backend' })).toThrow('PUMPHOUSE_RUNS_NETWORK is backend');
});

it.each(['http', '0', '65536', '5432,', '5432 8123'])('rejects %s as ports', (text) => {
  expect(() => choose({ PUMPHOUSE_RUNS_LOOPBACK_PORTS: text })).toThrow('PUMPHOUSE_RUNS_LOOPBACK_PORTS');
});
