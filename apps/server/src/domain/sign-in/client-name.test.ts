import { expect, it } from 'vitest';
import { readClientName } from './client-name.ts';

it.each([
  ['dlthub-cli/0.28.7', 'dlthub-cli 0.28.7'],
  ['dlthub-cli/0.28.7 (Linux)', 'dlthub-cli 0.28.7'],
  ['curl', 'curl'],
  ['<b>mine</b>', 'unknown client'],
  ['', 'unknown client'],
  [null, 'unknown client'],
  [`${'x'.repeat(300)}/1`, 'x'.repeat(40)],
])('calls %j %s', (userAgent, name) => {
  expect(readClientName(userAgent)).toBe(name);
});
