import { expect, it } from 'vitest';
import { openBrowser } from './open-browser.ts';

it.each(['file:///etc/passwd', '--version', 'vscode://x'])('does not open %s', async (url) => {
  expect(await openBrowser(url, { BROWSER: '/bin/true' })).toBe(false);
});

it('opens the address of a page', async () => {
  expect(await openBrowser('https://pumphouse.example.com', { BROWSER: '/bin/true' })).toBe(true);
});
