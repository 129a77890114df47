import { describe, expect, it } from 'vitest';
import { advancePace, defaultBodyLimits, isTooSlow, startingPace, type BodyPace } from './body-pace.ts';

/** Seconds until a body that sends `bytes` at each interval is cut off; null if it survives a day. */
function secondsUntilCut(bytes: number, everySeconds: number, isServerBusy = false): number | null {
  let pace: BodyPace = startingPace;
  for (let second = 1; second <= 24 * 3600; second += 1) {
    const arrived = Math.floor(second / everySeconds) * bytes;
    pace = advancePace(pace, { bytes: arrived, passedMs: 1000, isServerBusy });
    if (isTooSlow(pace, defaultBodyLimits)) return second;
  }
  return null;
}

describe('the body of a request', () => {
  it.each([
    ['nothing at all', 0, 1, 30],
    ['a byte a second', 1, 1, 31],
    ['a byte every 29 seconds', 1, 29, 31],
    ['500 bytes a second', 500, 1, 59],
  ])('is cut off at %s', (_, bytes, everySeconds, cutAfter) => {
    expect(secondsUntilCut(bytes, everySeconds)).toBe(cutAfter);
  });

  it.each([
    ['1 KiB a second', 1024, 1],
    ['pauses of 20 s on a line that is fast enough else', 64 * 1024, 20],
  ])('may take a day at %s', (_, bytes, everySeconds) => {
    expect(secondsUntilCut(bytes, everySeconds)).toBeNull();
  });

  it('is not cut off while the server itself is not reading received bytes', () => {
    expect(secondsUntilCut(0, 1, true)).toBeNull();
  });
});
