import { expect, it } from 'vitest';
import { parseServerAddress } from './server-address.ts';

it.each([
  ['pumphouse.example.com', 'https://pumphouse.example.com'],
  ['http://127.0.0.1:8080/', 'http://127.0.0.1:8080'],
  ['localhost:8080', 'http://localhost:8080'],
])('%s is an address', (text, expected) => {
  expect(parseServerAddress(text)).toBe(expected);
});

it.each([
  'https://me:swordfish@example.com',
  'https://:swordfish@example.com',
  'https://example.com/swordfish',
])('%s is refused without repeating it', (text) => {
  expect(() => parseServerAddress(text)).toThrow(
    expect.objectContaining({
      code: 'invalid_server_address',
      message: expect.not.stringContaining('swordfish'),
      nextStep: expect.not.stringContaining('swordfish'),
    }),
  );
});
