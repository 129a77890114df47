import type { ConsoleSite } from '../../fixtures/console-site.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectAccessible, startEmptyConsoleSite } from '../../fixtures/console-site.ts';
import { defineScriptJob, deployWorkspace } from '../../fixtures/deploy-workspace.ts';
import { hasBrowser } from '../../fixtures/browser.ts';

let site: ConsoleSite;
const berlin = { timezoneId: 'Europe/Berlin' };

beforeAll(async () => {
  if (!hasBrowser) return;
  site = await startEmptyConsoleSite();
  await deployWorkspace(site.server, site.api.id, {
    files: { 'prices.py': 'print("prices")\n' },
    // Tokyo has no summer time, and is never as late as Berlin.
    jobs: [{ ...defineScriptJob('prices', ['schedule:30 8 * * *']), require: { timezone: 'Asia/Tokyo' } }],
    requirements: [],
    configuration: {},
  });
});
afterAll(() => site?.remove());

it.skipIf(!hasBrowser)('each page shows times in the chosen zone, and adds the zone of the job', async () => {
  const page = await site.openAs('owner', '', berlin);
  const choose = async (label: RegExp) => {
    await page.getByRole('button', { name: /^Account of/ }).click();
    await page.getByRole('menuitem', { name: label }).click();
  };
  // 08:30 in Tokyo is 00:30 or 01:30 in Berlin, and 23:30 in UTC.
  const next = page.getByRole('region', { name: 'Next up' }).locator('time').first();
  await next.filter({ hasText: /0[01]:30$/ }).waitFor();
  await page.getByRole('region', { name: 'Next up' }).getByText('at 08:30 Tokyo').waitFor();
  await next.hover();
  expect((await next.getAttribute('title'))?.split('\n')).toEqual([
    expect.stringMatching(/0[01]:30:00 CES?T \(Europe\/Berlin\)$/),
    expect.stringMatching(/23:30:00 UTC$/),
    expect.stringMatching(/08:30:00 GMT\+9 \(Asia\/Tokyo\)$/),
  ]);

  await choose(/UTC$/);
  await next.filter({ hasText: /23:30$/ }).waitFor();
  await page.getByTitle('Times are shown in UTC').waitFor();
  await expectAccessible(page);

  // The choice is kept, and applies to what is fetched: the days of the calendar.
  const days = page.waitForRequest((request) => request.url().includes('/schedule-days?'));
  await page.goto(site.workspaceUrl('/jobs/prices?tab=schedule'));
  expect(new URL((await days).url()).searchParams.get('timezone')).toBe('UTC');
  await page.getByRole('list', { name: 'Next ticks, in UTC' }).getByText('(08:30 Tokyo)').first().waitFor();

  await choose(/Zone of the job \(Asia\/Tokyo\)$/);
  const ticks = page.getByRole('list', { name: 'Next ticks, in Asia/Tokyo' });
  await ticks
    .getByText(/08:30$/)
    .first()
    .waitFor();
  expect(await ticks.getByText('Tokyo').count()).toBe(0);
  await page.getByTitle('Times are shown in Asia/Tokyo').waitFor();

  // Pages of several jobs are in the zone of the browser.
  await page.getByRole('link', { name: 'Jobs', exact: true }).first().click();
  await page.getByText('at 08:30 Tokyo').waitFor();
  await page.getByTitle('Times are shown in Europe/Berlin').waitFor();
  expect(site.complaints).toEqual([]);
});
