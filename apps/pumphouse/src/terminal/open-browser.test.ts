import { expect, it } from 'vitest';
import { openBrowser } from './open-browser.ts';

it.each([
  ['true', true],
  ['no-such-browser', false],
])('with the browser %s reports %s', async (browser, isOpened) => {
  const env = { PATH: process.env['PATH'], BROWSER: browser };
  expect(await openBrowser('http://127.0.0.1:9', env)).toBe(isOpened);
});

it.each(['file:///etc/passwd', '--version', 'vscode://x'])('does not open %s', async (url) => {
  expect(await openBrowser(url, { PATH: process.env['PATH'], BROWSER: 'true' })).toBe(false);
});
