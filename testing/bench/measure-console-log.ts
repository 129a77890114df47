import type { ConsoleFixture } from './console-fixture.ts';
import type { Page } from 'playwright-core';
import type { Row } from './report.ts';
import { summarize } from './samples.ts';

/** The page's own measurements, frame by frame. */
interface Scrolled {
  frameMs: number[];
  /** Frames in which part of the view had no row. */
  framesWithBlank: number;
  /** Share of visible rows without text, per frame. */
  shareWithoutText: number[];
}

const framesOfScroll = 300;
const jumps = 10;

/** Scrolls by one page per frame, like a fast wheel, and records what each frame shows. */
const scrollScript = `(async () => {
  const scroller = document.querySelector('[data-log-scroller]');
  const seen = { frameMs: [], framesWithBlank: 0, shareWithoutText: [] };
  scroller.scrollTop = 0;
  let last = performance.now();
  for (let frame = 0; frame < ${framesOfScroll}; frame += 1) {
    scroller.scrollTop += scroller.clientHeight;
    await new Promise((resolve) => requestAnimationFrame(resolve));
    await new Promise((resolve) => setTimeout(resolve));
    const box = scroller.getBoundingClientRect();
    const rows = [...scroller.querySelectorAll('[data-line]')].filter((row) => {
      const { top, bottom } = row.getBoundingClientRect();
      return bottom > box.top && top < box.bottom;
    });
    const covered = rows.reduce((sum, row) => sum + row.getBoundingClientRect().height, 0);
    if (covered < box.height - 40) seen.framesWithBlank += 1;
    const without = rows.filter((row) => !row.querySelector('[data-line-text]')?.textContent);
    seen.shareWithoutText.push(rows.length === 0 ? 1 : without.length / rows.length);
    const now = performance.now();
    seen.frameMs.push(now - last);
    last = now;
  }
  return seen;
})()`;

/** An empty box as high as the log, scrolled the same way: the browser's own cost. */
const bareScript = `(async () => {
  const box = document.createElement('div');
  box.style.height = '600px';
  box.style.overflow = 'auto';
  const inside = document.createElement('div');
  inside.style.height = '1800000px';
  box.append(inside);
  document.body.append(box);
  const frameMs = [];
  let last = performance.now();
  for (let frame = 0; frame < ${framesOfScroll}; frame += 1) {
    box.scrollTop += box.clientHeight;
    await new Promise((resolve) => requestAnimationFrame(resolve));
    await new Promise((resolve) => setTimeout(resolve));
    const now = performance.now();
    frameMs.push(now - last);
    last = now;
  }
  box.remove();
  return frameMs;
})()`;

/** Jumps to a part of the log that was not shown yet, and waits until its rows have text. */
const jumpScript = (share: number) => `(async () => {
  const scroller = document.querySelector('[data-log-scroller]');
  const startedAt = performance.now();
  scroller.scrollTop = scroller.scrollHeight * ${share};
  for (;;) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    const box = scroller.getBoundingClientRect();
    const rows = [...scroller.querySelectorAll('[data-line]')].filter((row) => {
      const { top, bottom } = row.getBoundingClientRect();
      return top >= box.top && bottom <= box.bottom;
    });
    if (rows.length > 10 && rows.every((row) => row.querySelector('[data-line-text]')?.textContent)) break;
  }
  return performance.now() - startedAt;
})()`;

/** Measures a log of 100,000 lines on its run's page. */
export async function measureLongLog(
  testContext: ConsoleFixture,
  address: string,
  rounds: number,
): Promise<Row[]> {
  const context = await testContext.browser.newContext({
    storageState: testContext.state,
    viewport: { width: 1440, height: 900 },
  });
  const page = await context.newPage();
  try {
    const shownMs: number[] = [];
    for (let round = 0; round < rounds; round += 1) shownMs.push(await openLog(page, address));
    const scrolled = await page.evaluate<Scrolled>(scrollScript);
    const bare = await page.evaluate<number[]>(bareScript);
    const jumpMs: number[] = [];
    for (let jump = 0; jump < jumps; jump += 1) {
      jumpMs.push(await page.evaluate<number>(jumpScript((jump + 0.5) / jumps)));
    }
    const late = scrolled.shareWithoutText.reduce((sum, share) => sum + share, 0) / framesOfScroll;
    return [
      {
        name: 'page of a run, to the lines of its log',
        unit: 'ms',
        figure: summarize(shownMs),
        baseline: null,
        goal: { of: 'median', atMost: 800 },
      },
      {
        name: 'a frame of scrolling by a window a frame, 100,000 lines',
        unit: 'ms',
        figure: summarize(scrolled.frameMs, { withP95: true }),
        baseline: { name: 'an empty box of that height', figure: summarize(bare, { withP95: true }) },
        goal: { of: 'p95', atMost: 50 },
        note: `${scrolled.framesWithBlank} of ${framesOfScroll} frames with a blank; text not there yet for ${(late * 100).toFixed(1)} % of rows`,
      },
      {
        name: 'a jump to a far place of it, to its text',
        unit: 'ms',
        figure: summarize(jumpMs),
        baseline: null,
        goal: { of: 'median', atMost: 150 },
      },
    ];
  } finally {
    await context.close();
  }
}

async function openLog(page: Page, address: string): Promise<number> {
  const startedAt = performance.now();
  await page.goto(address);
  await page.locator('[data-line-text]').first().waitFor();
  return performance.now() - startedAt;
}
