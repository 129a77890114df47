import { describe, expect, it } from 'vitest';
import { createPortHosts } from './port-hosts.ts';

const ports = { first: 9100, last: 9199 };
const at = (serverUrl: string) => createPortHosts({ serverUrl, ports, barePort: 8090 });
const sales = (port: number | null) => ({ label: 'sales', port });

describe('ports of a host', () => {
  const hosts = at('http://10.0.0.5:8080');

  it('give each app an origin of its own, once it has a port of the range', () => {
    expect(hosts.originOf(sales(9100))).toBe('http://10.0.0.5:9100');
    expect(hosts.originOf(sales(null))).toBeNull();
    expect(hosts.originOf(sales(9200))).toBeNull();
    expect(hosts).toMatchObject({
      bareOrigin: 'http://10.0.0.5:8090',
      isSecure: false,
      isHostShared: true,
    });
  });

  it.each([
    ['10.0.0.5:9100', 9100],
    ['10.0.0.5', 9100],
    ['10.0.0.5:9199', 9199],
  ])('match %s at port %i to the app of the port', (host, port) => {
    expect(hosts.locate(host, port)).toEqual({ kind: 'own', app: { port } });
  });

  it.each(['10.0.0.5:8090', '10.0.0.5', 'localhost:8090', '127.0.0.1:8090', '[::1]:8090'])(
    'match %s at the apps port to the bare address',
    (host) => {
      expect(hosts.locate(host, 8090)).toEqual({ kind: 'bare', host, protocol: 'http' });
    },
  );

  it.each([
    // The port of the connection differs from the one the browser used; no valid URL leads here.
    ['10.0.0.5:9101', 9100],
    ['10.0.0.5:8090', 9100],
    ['10.0.0.5:9100', 8090],
    ['evil.com:9100', 9100],
    ['evil.com', 9100],
    ['10.0.0.5.evil.com:9100', 9100],
    ['localhost:9100', 9100],
    ['sales.localhost:9100', 9100],
    ['10.0.0.5:9200', 9200],
    ['10.0.0.5:9100 ', 9100],
    ['user@10.0.0.5:9100', 9100],
    [undefined, 9100],
    ['', 9100],
    ['evil.com:8090', 8090],
    ['localhost', 8090],
  ])('do not match %s, port %i', (host, port) => {
    expect(hosts.locate(host, port)).toEqual({ kind: 'foreign' });
  });
});

it('use https if the server does', () => {
  const hosts = at('https://Pumphouse.Corp.example/below');
  expect(hosts.originOf(sales(9100))).toBe('https://pumphouse.corp.example:9100');
  expect(hosts.isSecure).toBe(true);
  expect(hosts.locate('pumphouse.corp.example:9100', 9100)).toEqual({ kind: 'own', app: { port: 9100 } });
  expect(hosts.locate('pumphouse.corp.example', 8090)).toMatchObject({ kind: 'bare', protocol: 'https' });
  expect(hosts.locate('localhost:8090', 8090)).toMatchObject({ kind: 'bare', protocol: 'http' });
});

it('may belong to an IPv6 address', () => {
  const hosts = at('http://[fd00::5]:8080');
  expect(hosts.originOf(sales(9100))).toBe('http://[fd00::5]:9100');
  expect(hosts.locate('[fd00::5]:9100', 9100)).toEqual({ kind: 'own', app: { port: 9100 } });
});
