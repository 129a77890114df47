import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Browser } from 'playwright-core';
import { hasBrowser, launchBrowser } from '../fixtures/browser.ts';
import { ownerEmail, ownerPassword, repositoryFolder } from '../fixtures/server.ts';
import { sendSignInForm } from '../fixtures/sign-in-form.ts';

let folder: string;
let browser: Browser | undefined;
let demo: ChildProcess | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'demo-'));
  if (hasBrowser) browser = await launchBrowser();
});
afterAll(async () => {
  if (demo?.exitCode === null && demo.kill('SIGTERM')) await once(demo, 'exit');
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Starts the demo, and reads what it prints until it is filled. */
async function startDemo(): Promise<{ child: ChildProcess; printed: string }> {
  const child = spawn('node', ['testing/demo/run.ts', '--keep'], {
    cwd: repositoryFolder,
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  demo = child;
  let printed = '';
  for await (const line of createInterface({ input: child.stdout })) {
    printed += `${line}\n`;
    if (line.startsWith('Press Ctrl+C')) return { child, printed };
  }
  throw new Error(`The demo has ended:\n${printed}`);
}

it.skipIf(!hasBrowser)(
  'the kept demo is a console with history, and leaves nothing when it is interrupted',
  { timeout: 900_000 },
  async () => {
    const { child, printed } = await startDemo();
    expect(printed).toContain(`Sign in as ${ownerEmail} with the password: ${ownerPassword}`);
    const [url = ''] = /http:\S+/.exec(printed) ?? [];
    const page = await (await browser?.newContext())?.newPage();
    if (page === undefined) throw new Error('There is no browser');
    await page.goto(url);
    await sendSignInForm(page, ownerEmail);

    await page.getByRole('application', { name: /^Timeline/ }).waitFor();
    await page.getByRole('region', { name: 'Running now' }).getByText('warehouse_backfill').waitFor();
    await page.goto(`${url}/runs?status=completed`);
    await page.getByRole('link', { name: /^Completed [1-9]\.?\d*K$/ }).waitFor();
    await page.goto(`${url}/apps`);
    const [app] = await Promise.all([
      page.context().waitForEvent('page'),
      page.getByRole('button', { name: 'Open Revenue board' }).click(),
    ]);
    await app.getByRole('heading', { name: 'Revenue by day' }).waitFor();
    expect(await app.getByRole('row').count()).toBe(30);

    await page.getByRole('button', { name: 'shop: switch workspace' }).click();
    await page.getByRole('menuitem', { name: /^finance/ }).click();
    await page.getByText('1 job needs attention').waitFor();
    await page.getByText('ValueError: invalid literal').first().waitFor();

    const ended = once(child, 'exit');
    child.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
    expect(await readdir(folder)).toEqual([]);
  },
);
