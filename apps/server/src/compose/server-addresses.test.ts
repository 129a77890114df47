import { expect, it } from 'vitest';
import { createServerAddresses } from './server-addresses.ts';

const names = { port: 8090, origins: { kind: 'names', domain: null } } as const;

it('reports the listening address unless a public URL is configured', () => {
  const own = createServerAddresses({ publicUrl: null, apps: names });
  own.setServerUrl('http://127.0.0.1:43210');
  expect([own.serverUrl(), own.apiUrl()]).toEqual(['http://127.0.0.1:43210', 'http://127.0.0.1:43210']);
  const published = createServerAddresses({ publicUrl: 'https://pump.example.com', apps: names });
  published.setServerUrl('http://127.0.0.1:43210');
  expect(published.serverUrl()).toBe('https://pump.example.com');
});

it('gives runs in containers their own address once it is known', () => {
  const addresses = createServerAddresses({ publicUrl: 'https://pump.example.com', apps: names });
  let runsUrl: string | null = null;
  addresses.setRunsUrl(() => runsUrl);
  expect(addresses.apiUrl()).toBe('https://pump.example.com');
  runsUrl = 'http://10.88.0.1:4000';
  expect(addresses.apiUrl()).toBe('http://10.88.0.1:4000');
});

it('uses the port on which the proxy for apps listens', () => {
  const addresses = createServerAddresses({ publicUrl: null, apps: { ...names, port: 0 } });
  addresses.setAppsPort(43_211);
  const origin = addresses.appOrigins().originOf({ label: 'board-1', port: null });
  expect(origin).toBe('http://board-1.localhost:43211');
});
