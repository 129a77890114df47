import { expect, test } from 'vitest';
import { describeExit } from './attempt-exit.ts';

const exit = { code: null, signal: null, out_of_memory: null, peak_memory_bytes: null, reason: null };

test.each([
  [null, '–'],
  [{ ...exit, code: 0 }, 'code 0'],
  [
    { ...exit, code: 137, signal: 'SIGKILL', out_of_memory: 'limit' as const },
    'signal SIGKILL, memory limit reached',
  ],
  [
    { ...exit, signal: 'SIGKILL', out_of_memory: 'machine' as const },
    'signal SIGKILL, machine out of memory',
  ],
  [{ ...exit, reason: { code: 'x', detail: 'The script is not there.' } }, 'The script is not there.'],
  [exit, '–'],
])('%o', (each, text) => {
  expect(describeExit(each)).toBe(text);
});
