import { describe, expect, it } from 'vitest';
import type { FailureReason } from './failure-reason.ts';
import type { RunFailureReason } from './run-failures.ts';
import { closeWithFailure, closeWithRetry } from './closing-lines.ts';
import { runFailures } from './run-failures.ts';

const at = new Date('2026-03-10T12:30:00Z');
const close = (failure: RunFailureReason, reason: FailureReason | null = null) =>
  closeWithFailure({ failure, reason }, at).map(({ content }) => content);

describe('closeWithFailure', () => {
  it('states the cause, the next step and the code', () => {
    const { nextStep } = runFailures.exit_code;
    const detail = 'The run ended with exit code 3.';
    expect(closeWithFailure({ failure: { code: 'exit_code', detail }, reason: null }, at)).toEqual([
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

  it('puts a detail of many lines before the cause, and omits an empty one', () => {
    const { cause, nextStep } = runFailures.requirements_failed;
    const last = `Failed (requirements_failed): ${cause} ${nextStep}`;
    expect(close({ code: 'requirements_failed', detail: 'no such\nversion\n' })).toEqual([
      'no such',
      'version',
      last,
    ]);
    expect(close({ code: 'requirements_failed', detail: '' })).toEqual([last]);
  });

  it('names the exception, the step and the line of user code', () => {
    const reason: FailureReason = {
      kind: 'pipeline',
      summary: 'RuntimeError: upstream API said no',
      exceptionType: 'RuntimeError',
      message: 'upstream API said no\nask again later',
      step: 'extract',
      pipelineName: 'shop',
      table: null,
      location: { file: 'shop.py', line: 7, function: 'orders' },
    };
    const failure = { code: 'exit_code', detail: 'The run ended with exit code 1.' } as const;
    expect(close(failure, reason)).toEqual([
      `Failed (exit_code): RuntimeError: upstream API said no (step extract, shop.py:7). ${runFailures.exit_code.nextStep}`,
    ]);
    expect(close(failure, { ...reason, advice: 'Add `x` to the requirements.' })[0]).toMatch(
      /shop\.py:7\)\. Add `x` to the requirements\.$/,
    );
    const retry = { attemptNumber: 1, number: 1, count: 2, notBefore: at };
    expect(closeWithRetry({ failure, reason }, retry, at).map(({ content }) => content)).toEqual([
      'Attempt 1 failed (exit_code): RuntimeError: upstream API said no (step extract, shop.py:7). Retry 1 of 2 starts at 2026-03-10T12:30:00.000Z.',
    ]);
  });
});
