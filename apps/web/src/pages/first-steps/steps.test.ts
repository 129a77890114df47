import { expect, it } from 'vitest';
import { listSteps, quoteForShell } from './steps.ts';

it('names this server and this workspace, safe for a shell', () => {
  const steps = listSteps({ serverUrl: 'http://127.0.0.1:8080', workspaceName: `the shop's data` });
  const commands = steps.flatMap((step) => step.commands);
  expect(commands).toContain('export RUNTIME__API_BASE_URL=http://127.0.0.1:8080');
  expect(commands).toContain(`dlthub workspace connect 'the shop'\\''s data'`);
});

it.each([
  ['acme-data', 'acme-data'],
  ['$(reboot)', `'$(reboot)'`],
  ['', `''`],
])('quotes %o for a shell', (word, quoted) => {
  expect(quoteForShell(word)).toBe(quoted);
});
