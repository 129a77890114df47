import { describe, expect, it } from 'vitest';
import { bringIntoView, firstView, fitAll, zoomAround } from './view-box.ts';

const frame = { width: 800, height: 400 };

describe('the view of a drawing', () => {
  it('centres the whole drawing and never enlarges it', () => {
    expect(fitAll({ width: 200, height: 100 }, frame)).toEqual({ scale: 1, x: -300, y: -150 });
    const view = fitAll({ width: 1552, height: 200 }, frame);
    expect(view.scale).toBe(0.5);
    expect(view.x).toBe(-24);
  });

  it('starts at the top left if the whole drawing would be unreadable', () => {
    expect(firstView({ width: 200, height: 100 }, frame)).toEqual(fitAll({ width: 200, height: 100 }, frame));
    expect(firstView({ width: 9000, height: 100 }, frame)).toEqual({ scale: 0.6, x: -24, y: -24 });
  });

  it('keeps the zoom origin fixed', () => {
    const before = { x: 10, y: 20, scale: 1 };
    const after = zoomAround(before, 2, { x: 100, y: 50 });
    expect(after.scale).toBe(2);
    expect(after.x + 100 / after.scale).toBe(before.x + 100 / before.scale);
    expect(after.y + 50 / after.scale).toBe(before.y + 50 / before.scale);
  });

  it('has a minimum scale', () => {
    expect(zoomAround({ x: 0, y: 0, scale: 0.2 }, 0.01, { x: 0, y: 0 }).scale).toBe(0.15);
  });

  it('moves to a table outside the view, and stays for a visible one', () => {
    const view = { x: 0, y: 0, scale: 1 };
    expect(bringIntoView(view, { x: 100, y: 100, width: 50, height: 50 }, frame)).toEqual(view);
    expect(bringIntoView(view, { x: 900, y: 100, width: 50, height: 50 }, frame)).toEqual({
      ...view,
      x: 174,
    });
    expect(bringIntoView(view, { x: 100, y: -80, width: 50, height: 50 }, frame)).toEqual({
      ...view,
      y: -104,
    });
  });
});
