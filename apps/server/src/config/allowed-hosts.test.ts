import { describe, expect, it } from 'vitest';
import { createAllowedHosts, readHostName } from './allowed-hosts.ts';

const isAllowed = createAllowedHosts(() => ['Pump.Example.com', '10.9.8.7', '2001:db8::7']);

describe('a host', () => {
  it.each([
    'localhost',
    'LOCALHOST:8080',
    '127.0.0.1:8080',
    '127.8.9.1',
    '[::1]:8080',
    'pump.example.com',
    'PUMP.example.com:443',
    '10.9.8.7:8080',
    '[2001:db8::7]',
  ])('is allowed: %s', (host) => {
    expect(isAllowed(host, '127.0.0.1')).toBe(true);
  });

  it.each([
    'evil.example',
    'evil.example:8080',
    'pump.example.com.evil.example',
    'evil.pump.example.com',
    'sales.localhost:8080',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '10.9.8.8',
    '0.0.0.0:8080',
    '[::]:8080',
    'localhost:8080@evil.example',
    'evil.example#localhost',
    'evil@localhost',
    'localhost/evil',
    '[::1',
    '[evil]',
    'local host',
    '',
  ])('is rejected: %j', (host) => {
    expect(isAllowed(host, '127.0.0.1')).toBe(false);
  });

  it('is allowed as the address of the connection, and as no other address', () => {
    expect(isAllowed('10.89.0.1:8081', '10.89.0.1')).toBe(true);
    expect(isAllowed('10.89.0.1:8081', '::ffff:10.89.0.1')).toBe(true);
    expect(isAllowed('[fd00::5]:8080', 'fd00::5')).toBe(true);
    expect(isAllowed('10.89.0.2:8081', '10.89.0.1')).toBe(false);
    expect(isAllowed('10.89.0.1:8081', undefined)).toBe(false);
  });

  it('is allowed from the moment on that its name is added', () => {
    let names: string[] = [];
    const isAllowedNow = createAllowedHosts(() => names);
    expect(isAllowedNow('new.internal', undefined)).toBe(false);
    names = ['new.internal'];
    expect(isAllowedNow('new.internal:8080', undefined)).toBe(true);
  });

  it('is returned without its port', () => {
    expect(['a.b:80', '[::1]:80', 'a b'].map(readHostName)).toEqual(['a.b', '::1', null]);
  });
});
