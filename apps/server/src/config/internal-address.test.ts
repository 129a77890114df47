import type { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { decideInternalAddress } from './internal-address.ts';

const describeInterface = (address: string, internal = false) => ({
  address,
  internal,
  netmask: '',
  mac: '',
  cidr: null,
  ...(address.includes(':') ? { family: 'IPv6' as const, scopeid: 0 } : { family: 'IPv4' as const }),
});

const interfaces: ReturnType<typeof networkInterfaces> = {
  lo: [describeInterface('127.0.0.1', true), describeInterface('::1', true)],
  eth0: [describeInterface('fe80::1'), describeInterface('fd00::5'), describeInterface('10.0.0.5')],
  docker0: [describeInterface('172.17.0.1')],
};

describe('the address for other servers', () => {
  it.each([
    ['loopback, if the server listens only there', null, '127.0.0.1', '127.0.0.1:8080'],
    ['the address that the server listens on', null, '10.0.0.7', '10.0.0.7:8080'],
    ['the first of the machine, if the server listens on all', null, '0.0.0.0', '10.0.0.5:8080'],
    ['the setting, with the port that the server listens on', '10.1.2.3', '0.0.0.0', '10.1.2.3:8080'],
    ['the setting with its port', 'server-1.internal:9000', '0.0.0.0', 'server-1.internal:9000'],
    ['an IPv6 address of a pod', 'fd00::7', '0.0.0.0', '[fd00::7]:8080'],
  ])('is %s', (_, setting, host, expected) => {
    expect(decideInternalAddress(setting, { host, port: 8080 }, interfaces)).toBe(expected);
  });

  it('is an IPv6 address on a machine that has no other', () => {
    const only = { eth0: [describeInterface('fd00::5')] };
    expect(decideInternalAddress(null, { host: '::', port: 1 }, only)).toBe('[fd00::5]:1');
  });
});
