import type { Locator, Page } from 'playwright-core';

const frames = 200;

/** Notes the length of each frame until it is read. */
const noteFrames = `(() => {
  globalThis.frameMs = [];
  let last = performance.now();
  const note = (now) => {
    globalThis.frameMs.push(now - last);
    last = now;
    requestAnimationFrame(note);
  };
  requestAnimationFrame(note);
})()`;

/**
 * Drags a drawing back and forth.
 * @returns the milliseconds of each frame meanwhile
 */
export async function measureFrames(page: Page, drawing: Locator): Promise<number[]> {
  const box = await drawing.boundingBox();
  if (box === null) throw new Error('The drawing is not visible');
  const [x, y] = [box.x + box.width / 2, box.y + Math.min(box.height, 500) / 2];
  await page.mouse.move(x, y);
  await page.evaluate(noteFrames);
  await page.mouse.down();
  for (let frame = 0; frame < frames; frame += 1)
    await page.mouse.move(x + 200 * Math.sin(frame / 15), y + 60 * Math.sin(frame / 25));
  await page.mouse.up();
  return page.evaluate<number[]>('globalThis.frameMs');
}
