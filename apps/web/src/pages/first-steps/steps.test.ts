import { expect, it } from 'vitest';
import { listSteps, quoteForShell } from './steps.ts';

const target = { serverUrl: 'http://127.0.0.1:8080', workspaceName: `the shop's data`, isNew: false };
const commandsOf = (changes: Partial<typeof target> = {}) =>
  listSteps({ ...target, ...changes }).flatMap((step) => step.commands);

it('contains the URL of the server and the name of the workspace, quoted for a shell', () => {
  expect(commandsOf()).toContain(
    `printf '\\n[runtime]\\napi_base_url = "%s"\\n' http://127.0.0.1:8080 >> .dlt/config.toml`,
  );
  expect(commandsOf()).toContain(`dlthub workspace connect 'the shop'\\''s data'`);
});

it('creates a workspace that does not exist', () => {
  expect(commandsOf({ workspaceName: 'quickstart', isNew: true })).toContain(
    'dlthub workspace connect quickstart --create',
  );
});

it('never sets the server URL for a single terminal', () => {
  expect(commandsOf().filter((command) => command.includes('export'))).toEqual([]);
});

it.each([
  ['acme-data', 'acme-data'],
  ['$(reboot)', `'$(reboot)'`],
  ['', `''`],
])('quotes %o for a shell', (word, quoted) => {
  expect(quoteForShell(word)).toBe(quoted);
});
