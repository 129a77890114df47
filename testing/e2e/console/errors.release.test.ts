import type { ConsoleSite } from '../../fixtures/console-site.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectAccessible, startEmptyConsoleSite } from '../../fixtures/console-site.ts';

const nowhere = '00000000-0000-4000-8000-000000000000';

let site: ConsoleSite;
beforeAll(async () => {
  site = await startEmptyConsoleSite();
});
afterAll(() => site?.remove());

describe('a URL that shows nothing', () => {
  it('outside the console gets its page for a missing page, with a way back', async () => {
    const context = await site.signIn('viewer');
    const page = await context.newPage();
    const answer = await page.goto(`${site.server.url}/nothing`);
    expect(answer?.status()).toBe(404);
    await page.getByRole('heading', { name: 'Page not found' }).waitFor();
    await expectAccessible(page);
    await page.getByRole('link', { name: 'Go to your workspace' }).click();
    await page.waitForURL(site.workspaceUrl());
    await context.close();
  });

  it.each(['/nothing', `/runs/${nowhere}`, '/jobs/jobs.of_nobody', '/pipelines/none'])(
    'of a workspace, %s, gets the same page within the workspace',
    async (path) => {
      const page = await site.openAs('viewer', path);
      await page.getByRole('heading', { name: 'Page not found' }).waitFor();
      await page.getByRole('link', { name: 'Go to your workspace' }).waitFor();
      await page.getByRole('navigation', { name: 'Workspace' }).waitFor();
      await page.context().close();
    },
  );

  it('of an unknown workspace asks for nothing more, and lists the workspaces of the person', async () => {
    const context = await site.signIn('viewer');
    const page = await context.newPage();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await page.goto(`${site.server.url}/w/${nowhere}/jobs`);
    await page.getByRole('heading', { name: 'Unknown workspace' }).waitFor();
    await page.getByText('You are signed in as viewer@example.com.').waitFor();
    await expectAccessible(page);
    expect(await page.getByRole('navigation', { name: 'Workspace' }).count()).toBe(0);
    expect(asked.filter((path) => path.includes(nowhere) && !path.startsWith('/w/'))).toHaveLength(1);
    await page.getByRole('link', { name: 'acme-data', exact: true }).click();
    await page.getByRole('navigation', { name: 'Workspace' }).waitFor();
    await context.close();
  });
});

describe('while the server is away', () => {
  it('an open page says of when its figures are, another page waits, and both return by themselves', async () => {
    const context = await site.signIn('viewer');
    const page = await context.newPage();
    await page.goto(site.workspaceUrl('/jobs'));
    await page.getByText('● Live').waitFor();
    await site.server.end('SIGTERM');

    await page.getByText('This page shows the state of').waitFor();
    await expectAccessible(page);
    await page.getByRole('navigation', { name: 'Workspace' }).getByRole('link', { name: 'Datasets' }).click();
    const away = page.getByRole('heading', { name: 'Cannot reach the server' });
    await away.waitFor();
    await page.getByText('This page shows the state of').waitFor({ state: 'hidden' });
    await expectAccessible(page);

    const again = await site.server.restart();
    await page.getByRole('heading', { name: 'Datasets', level: 1 }).waitFor();
    await page.getByText('This page shows the state of').waitFor({ state: 'detached' });
    await page.getByText('● Live').waitFor();
    expect(await away.count()).toBe(0);
    await context.close();
    await again.end('SIGTERM');
  });
});
