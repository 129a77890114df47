import { expect, it } from 'vitest';
import { addressForPrograms } from './program-address.ts';

it('returns the bare URL if the app has no origin of its own', () => {
  const bareUrl = 'http://10.0.0.5:8090/tools-1';
  const addressOf = (url: string) => addressForPrograms({ url, bare_url: bareUrl });
  expect(addressOf('http://10.0.0.5:9100')).toBe('http://10.0.0.5:9100');
  expect(addressOf('http://10.0.0.5:8080/sign-in/app?app=1')).toBe(bareUrl);
});
