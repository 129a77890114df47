import { describe, expect, it } from 'vitest';
import { createNamedHosts, readPrefix } from './hosts.ts';

const sales = { label: 'sales', port: null };

describe('names below localhost', () => {
  const hosts = createNamedHosts(null, 8081);

  it('give each app an origin of its own', () => {
    expect(hosts.originOf(sales)).toBe('http://sales.localhost:8081');
    expect(hosts.isSecure).toBe(false);
  });

  it.each(['sales.localhost:8081', 'SALES.LocalHost:8081'])('match %s to the app', (host) => {
    expect(hosts.locate(host, 8081)).toEqual({ kind: 'own', app: { label: 'sales' } });
  });

  it.each(['localhost:8081', '127.0.0.1:8081', '[::1]:8081'])('match %s to the bare address', (host) => {
    expect(hosts.locate(host, 8081)).toEqual({ kind: 'bare', host, protocol: 'http' });
  });

  it.each([
    undefined,
    '',
    'sales.localhost',
    'sales.localhost:8080',
    'sales.localhost:08081',
    'sales.localhost.:8081',
    'localhost.:8081',
    'sales.localhost.evil.com:8081',
    'saleslocalhost:8081',
    'a.sales.localhost:8081',
    '.localhost:8081',
    '-sales.localhost:8081',
    'sales.localhost:8081@evil.com',
    'evil.com@sales.localhost:8081',
    'sales.localhost:8081:8081',
    'sales.localhost:8081 ',
    'sales_x.localhost:8081',
    'sales.localhost:8081/x',
    '127.0.0.2:8081',
    'evil.com:8081',
    `${'a'.repeat(64)}.localhost:8081`,
  ])('do not match %s', (host) => {
    expect(hosts.locate(host, 8081)).toEqual({ kind: 'foreign' });
  });
});

describe('names below a domain', () => {
  const hosts = createNamedHosts('apps.example.com', 8081);

  it('use https', () => {
    expect(hosts.originOf(sales)).toBe('https://sales.apps.example.com');
    expect(hosts.isSecure).toBe(true);
  });

  it.each(['sales.apps.example.com', 'sales.apps.example.com:443'])('match %s to the app', (host) => {
    expect(hosts.locate(host, 8081)).toEqual({ kind: 'own', app: { label: 'sales' } });
  });

  it('match the domain itself and the port itself to the bare address', () => {
    expect(hosts.locate('apps.example.com', 8081)).toMatchObject({ kind: 'bare', protocol: 'https' });
    expect(hosts.locate('localhost:8081', 8081)).toMatchObject({ kind: 'bare', protocol: 'http' });
  });

  it.each(['sales.localhost:8081', 'sales.example.com', 'sales.apps.example.com:8081', 'example.com'])(
    'do not match %s',
    (host) => {
      expect(hosts.locate(host, 8081)).toEqual({ kind: 'foreign' });
    },
  );

  it('may have a port', () => {
    const other = createNamedHosts('apps.example.com:8443', 8081);
    expect(other.originOf(sales)).toBe('https://sales.apps.example.com:8443');
    expect(other.locate('sales.apps.example.com:8443', 8081)).toEqual({
      kind: 'own',
      app: { label: 'sales' },
    });
    expect(other.locate('sales.apps.example.com', 8081)).toEqual({ kind: 'foreign' });
  });
});

describe('readPrefix', () => {
  it.each([
    ['/sales', '/'],
    ['/sales/', '/'],
    ['/sales/mcp?x=1', '/mcp?x=1'],
    ['/sales?x=1', '/?x=1'],
    ['/sales//mcp', '//mcp'],
  ])('of %s leaves %s', (url, path) => {
    expect(readPrefix(url)).toEqual({ app: { label: 'sales' }, path });
  });

  it.each(['/', '//sales', '/..', '/%73ales', '/sa_les/x'])('finds no app in %s', (url) => {
    expect(readPrefix(url)).toBeNull();
  });
});
