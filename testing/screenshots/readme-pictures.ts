/**
 * `npm run docs:pictures`: renews the pictures of the README in `docs/images`, six of pages and an animated one of the
 * timeline, over 120 days of runs.
 */
import type { Page } from 'playwright-core';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { preparePythonEnvironment } from '../fixtures/python-environment.ts';
import { repositoryFolder } from '../fixtures/server.ts';
import { startHistorySite } from '../history/history-site.ts';

const folder = join(repositoryFolder, 'docs', 'images');
const viewport = { width: 1440, height: 860 };
const program = join(import.meta.dirname, 'shrink-pictures.py');

async function awaitContent(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.getByText('● Live').waitFor();
  await page.getByRole('status', { name: 'Loading' }).first().waitFor({ state: 'detached' });
  await page.evaluate('document.fonts.ready');
}

/** Moves the pointer over a plot, from its end, until it shows what is there. */
async function pointAtFailure(page: Page): Promise<void> {
  const row = await page.getByRole('link', { name: 'stripe_payments', exact: true }).boundingBox();
  const plot = await page.getByRole('application', { name: /^Timeline/ }).boundingBox();
  if (!row || !plot) throw new Error('The timeline is not visible');
  const tip = page.getByRole('tooltip').getByText(/Failed/);
  for (let x = plot.x + plot.width * 0.8; x > plot.x; x -= 2) {
    await page.mouse.move(x, row.y + row.height / 2);
    if (await tip.isVisible()) return;
  }
  throw new Error('The timeline shows no failed run');
}

async function zoomIn(page: Page): Promise<void> {
  const plot = await page.getByRole('application', { name: /^Timeline/ }).boundingBox();
  if (!plot) throw new Error('The timeline is not visible');
  await page.mouse.move(plot.x + plot.width * 0.48, plot.y + 200);
  for (let step = 0; step < 6; step += 1) {
    await page.keyboard.down('Control');
    await page.mouse.wheel(0, -120);
    await page.keyboard.up('Control');
  }
}

const site = await startHistorySite();
const frames = await mkdtemp(join(tmpdir(), 'pumphouse-frames-'));
try {
  await mkdir(folder, { recursive: true });
  const context = await site.signIn('owner', { viewport });
  const page = await context.newPage();
  const pictures = {
    overview: '',
    'run-failed': `/runs/${site.runs.payments}`,
    runs: '/runs?range=30d',
    lineage: '/lineage',
    'pipeline-schema': '/pipelines/shop?tab=schema',
    table: '/datasets/shop_data/tables/orders',
  };
  for (const [name, path] of Object.entries(pictures)) {
    await page.goto(site.workspaceUrl(path));
    await awaitContent(page);
    if (name === 'overview') await page.getByRole('application').waitFor();
    await page.screenshot({ path: join(folder, `${name}.png`) });
  }
  const steps: ((shown: Page) => Promise<void>)[] = [
    async (shown) => void (await shown.goto(site.workspaceUrl('/timeline'))),
    pointAtFailure,
    async (shown) => {
      await shown.mouse.move(700, 20);
      await shown.getByRole('link', { name: '7 d', exact: true }).click();
    },
    zoomIn,
    async (shown) => {
      await shown.goto(site.workspaceUrl('/timeline?range=30d&group=none'));
    },
  ];
  const taken: string[] = [];
  for (const step of steps) {
    await step(page);
    await awaitContent(page);
    const path = join(frames, `${taken.length}.png`);
    await page.screenshot({ path });
    taken.push(path);
  }
  const environment = await preparePythonEnvironment('pillow', ['pillow==13.0.0']);
  const shrink = spawn(join(environment, 'bin', 'python'), [program, folder, ...taken], { stdio: 'inherit' });
  const [code] = await once(shrink, 'exit');
  if (code !== 0) throw new Error(`The pictures could not be made smaller (code ${String(code)})`);
} finally {
  await rm(frames, { recursive: true, force: true });
  await site.remove();
}
