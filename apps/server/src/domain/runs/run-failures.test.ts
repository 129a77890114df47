import { expect, it } from 'vitest';
import { readRunFailureCode, runFailures } from './run-failures.ts';

it('treats an unknown code as a failure of the bootstrap', () => {
  expect(readRunFailureCode('unpack_failed')).toBe('unpack_failed');
  for (const word of ['', 'toString', 'invented']) expect(readRunFailureCode(word)).toBe('bootstrap_failed');
});

it('gives every failure a title, a cause and a next step', () => {
  for (const [code, { title, cause, nextStep }] of Object.entries(runFailures)) {
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(title).toMatch(/^[A-Z][^.]{3,40}$/);
    expect([cause, nextStep]).toEqual([expect.stringMatching(/\.$/), expect.stringMatching(/\.$/)]);
  }
});
