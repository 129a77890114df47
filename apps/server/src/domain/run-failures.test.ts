import { describe, expect, it } from 'vitest';
import { closeWithFailure, readRunFailureCode, runFailures } from './run-failures.ts';

const at = new Date('2026-03-10T12:30:00Z');
const close = (...failure: Parameters<typeof closeWithFailure>[0][]) =>
  failure.flatMap((one) => closeWithFailure(one, at).map(({ content }) => content));

describe('closeWithFailure', () => {
  it('says why, what to do next, and the code', () => {
    const { nextStep } = runFailures.exit_code;
    const detail = 'The run ended with exit code 3.';
    expect(closeWithFailure({ code: 'exit_code', detail }, at)).toEqual([
      {
        content: `Failed (exit_code): The run ended with exit code 3. ${nextStep}`,
        source: 'runner',
        stage: 'run',
        io_stream: 'other',
        reported_at: '2026-03-10T12:30:00.000Z',
      },
    ]);
    const missing = "group 'x' is not there";
    expect(close({ code: 'requirements_missing_group', detail: missing })[0]).toContain(`${missing}. Add`);
  });

  it('puts words of many lines, or none, before or behind the cause', () => {
    const { cause, nextStep } = runFailures.requirements_failed;
    const last = `Failed (requirements_failed): ${cause} ${nextStep}`;
    expect(close({ code: 'requirements_failed', detail: 'no such\nversion\n' })).toEqual([
      'no such\nversion',
      last,
    ]);
    expect(close({ code: 'requirements_failed', detail: '' })).toEqual([last]);
  });
});

it('takes a code that nobody knows for a failure of the bootstrap', () => {
  expect(readRunFailureCode('unpack_failed')).toBe('unpack_failed');
  for (const word of ['', 'toString', 'invented']) expect(readRunFailureCode(word)).toBe('bootstrap_failed');
});

it('gives every failure a cause and a next step', () => {
  for (const [code, { cause, nextStep }] of Object.entries(runFailures)) {
    expect(code).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect([cause, nextStep]).toEqual([expect.stringMatching(/\.$/), expect.stringMatching(/\.$/)]);
  }
});
