import { expect, it, vi } from 'vitest';
import { readPauseEnd } from './pause-end.ts';

it('counts a duration from now', () => {
  vi.useFakeTimers({ now: new Date('2026-01-01T00:00:00Z') });
  expect(readPauseEnd('1d4h')).toBe('2026-01-02T04:00:00.000Z');
  expect(() => readPauseEnd('soon')).toThrow('soon is not an age');
  vi.useRealTimers();
});
