import type { ConsoleSite } from '../../fixtures/console-site.ts';
import type { Page } from 'playwright-core';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectAccessible, startEmptyConsoleSite } from '../../fixtures/console-site.ts';

let site: ConsoleSite;
beforeAll(async () => {
  site = await startEmptyConsoleSite({ PUMPHOUSE_TRUSTED_PROXIES: '127.0.0.1' });
});
afterAll(() => site?.remove());

const systemUrl = (search = '') => `${site.server.url}/system${search}`;
const heading = (page: Page) => page.getByRole('heading', { name: 'System', level: 1, exact: true });
const region = (page: Page, name: string | RegExp) => page.getByRole('region', { name });
/** With the variable, the pictures of the page are saved to that folder. */
async function savePicture(page: Page, name: string): Promise<void> {
  const folder = process.env['PUMPHOUSE_PICTURES'];
  if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
}

describe('an owner of the installation', () => {
  it('finds the page in the settings, and what the server and its checks are', async () => {
    const page = await site.openAs('owner', '/settings');
    await page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: 'System' }).click();
    await heading(page).waitFor();
    await region(page, 'Server').getByText('api, scheduler, supervisor').waitFor();
    await region(page, /^Loops/)
      .getByRole('row')
      .filter({ hasText: 'registration' })
      .waitFor();
    await region(page, 'Stored data of all organizations')
      .getByRole('row')
      .filter({ hasText: 'Runs' })
      .waitFor();
    await region(page, /^Workers/)
      .getByText('No workers')
      .waitFor();
    await page.getByRole('link', { name: /^Show all \d+ checks$/ }).click();
    await region(page, /^All checks/)
      .getByRole('row')
      .filter({ hasText: 'Data folder' })
      .waitFor();
    expect(new URL(page.url()).search).toBe('?all=true');
    const answered = page.waitForResponse((response) => response.url().endsWith('/pumphouse/v1/system'));
    await page.getByRole('button', { name: 'Check again' }).click();
    expect((await answered).status()).toBe(200);
    await page.context().close();
  });

  it.each(['light', 'dark'] as const)('reads it in %s, accessible and on a phone', async (colorScheme) => {
    const page = await site.openAs('owner', '/settings', { colorScheme });
    await page.goto(systemUrl('?all=true'));
    await heading(page).waitFor();
    await region(page, /^All checks/)
      .getByRole('row')
      .filter({ hasText: 'Data folder' })
      .waitFor();
    await expectAccessible(page);
    await savePicture(page, `system-${colorScheme}`);
    await page.setViewportSize({ width: 390, height: 844 });
    await expectAccessible(page);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390);
    await savePicture(page, `system-${colorScheme}-narrow`);
    await page.context().close();
  });
});

it('is not shown to a developer, who sees why', async () => {
  const page = await site.openAs('developer', '/settings/usage');
  await page
    .getByRole('navigation', { name: 'Settings' })
    .getByRole('link', { name: 'Usage' })
    .first()
    .waitFor();
  const requests: string[] = [];
  page.on('request', (request) => requests.push(new URL(request.url()).pathname));
  await page.goto(systemUrl());
  await heading(page).waitFor();
  await region(page, 'No access').getByText('Only owners of the installation').waitFor();
  expect(await page.getByRole('link', { name: 'System', exact: true }).count()).toBe(0);
  expect(requests).not.toContain('/pumphouse/v1/system');
  await expectAccessible(page);
  await page.context().close();
  expect(site.complaints).toEqual([]);
});
