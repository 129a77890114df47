import { describe, expect, it } from 'vitest';
import { explainFailed, findReason } from './failure-reason.ts';
import { runFailures } from './run-failures.ts';

const workFolderName = 'shop';
const noReport = { pipelineRun: null, workFolderName };
const traceback = (exception: string, file = '/work/shop/lib/prices.py') => [
  'Traceback (most recent call last):',
  '  File "/work/shop/main.py", line 14, in <module>',
  '    main()',
  `  File "${file}", line 11, in parse`,
  '    raise',
  ...exception.split('\n'),
];
const stepFailed =
  'dlt.pipeline.exceptions.PipelineStepFailed: Pipeline execution failed at `step=load` when processing package';

describe('a reason from a traceback only', () => {
  it('has the exception without its module, and the last line of user code', () => {
    expect(
      findReason({ stderr: traceback('shop.prices.PriceError: no price\nask again'), ...noReport }),
    ).toEqual({
      kind: 'exception',
      summary: 'PriceError: no price',
      exceptionType: 'shop.prices.PriceError',
      message: 'no price\nask again',
      step: null,
      pipelineName: null,
      table: null,
      location: { file: 'lib/prices.py', line: 11, function: 'parse' },
      advice: null,
    });
  });

  it.each([
    '/opt/environment/lib/python3.12/site-packages/requests/api.py',
    '/usr/lib/python3.12/contextlib.py',
    '/pumphouse/ingress/__main__.py',
    '<frozen runpy>',
    '/work/other/main.py',
  ])('skips frames outside of user code: %s', (file) => {
    const reason = findReason({ stderr: traceback('ValueError: x', file), ...noReport });
    expect(reason?.location).toEqual({ file: 'main.py', line: 14, function: '<module>' });
  });

  it('names the step if dlt raised the exception but its report did not arrive', () => {
    expect(findReason({ stderr: traceback(stepFailed), ...noReport })).toMatchObject({
      kind: 'pipeline',
      step: 'load',
      pipelineName: null,
    });
  });

  it('is null without output', () => {
    expect(findReason({ stderr: ['nothing to load'], ...noReport })).toBeNull();
  });
});

describe("a reason from dlt's report", () => {
  const pipelineRun = {
    pipelineName: 'stock',
    step: 'load',
    message:
      'Pipeline execution failed at `step=load` … Job with `job_id=items.5a0a.insert_values.gz` failed',
    traceback: [
      ...traceback('duckdb.ConstraintException: CHECK failed', '/lib/site-packages/dlt/sql_client.py').slice(
        0,
        1,
      ),
      'duckdb.ConstraintException: CHECK failed',
      '',
      'The above exception was the direct cause of the following exception:',
      '',
      'Traceback (most recent call last):',
      'dlt.load.exceptions.LoadClientJobTerminalRetry: failed terminally',
      '',
      'The above exception was the direct cause of the following exception:',
      '',
      'Traceback (most recent call last):',
      stepFailed,
    ].join('\n'),
    failedTables: [],
  };

  it('has the exception wrapped by dlt, the step and the table; the line comes from the log', () => {
    const reason = findReason({ stderr: traceback(stepFailed), pipelineRun, workFolderName });
    expect(reason).toMatchObject({
      kind: 'pipeline',
      summary: 'ConstraintException: CHECK failed',
      step: 'load',
      pipelineName: 'stock',
      table: 'items',
      location: { file: 'lib/prices.py', line: 11 },
    });
  });

  it('is ignored if the process ended for another reason', () => {
    const reason = findReason({ stderr: traceback('ValueError: later'), pipelineRun, workFolderName });
    expect(reason).toMatchObject({
      kind: 'exception',
      summary: 'ValueError: later',
      step: null,
      table: null,
    });
  });

  it('is enough without output in the log, even without an exception', () => {
    expect(findReason({ stderr: [], pipelineRun, workFolderName })).toMatchObject({
      step: 'load',
      location: null,
    });
    const bare = { ...pipelineRun, traceback: null, message: 'no space left' };
    expect(findReason({ stderr: [], pipelineRun: bare, workFolderName })).toMatchObject({
      kind: 'pipeline',
      summary: 'no space left',
      exceptionType: null,
    });
  });

  it('names a table only if there is exactly one', () => {
    const tableOf = (failedTables: string[]) =>
      findReason({
        stderr: [],
        pipelineRun: { ...pipelineRun, failedTables, message: 'failed' },
        workFolderName,
      })?.table;
    expect(tableOf(['orders'])).toBe('orders');
    expect(tableOf(['orders', 'items'])).toBeNull();
  });
});

describe('the output of a run', () => {
  it('is truncated: a line of 120 characters, a message of 2 kB', () => {
    const reason = findReason({ stderr: traceback(`ValueError: ${'ä'.repeat(5000)}`), ...noReport });
    expect(reason?.summary).toHaveLength(120);
    expect(Buffer.byteLength(reason?.message ?? '')).toBeLessThanOrEqual(2048);
    expect(reason?.message.endsWith('ä')).toBe(true);
  });

  it('contains no characters that a terminal or the database would interpret', () => {
    const text = `ValueError: a\u0000b\u001B[31mred\u001B[0m \uD800 \u202Eleft ${'x'.repeat(100)}😀`;
    const reason = findReason({ stderr: traceback(text), ...noReport });
    expect(reason?.message).toMatch(/^a bred \uFFFD {2}left x+😀$/u);
    expect(JSON.stringify(reason)).not.toMatch(/\\u0000|\\ud800/i);
    expect(reason?.summary.isWellFormed()).toBe(true);
  });
});

describe('an explained failure', () => {
  it('has the advice about its exception as the next step, else the text of its code', () => {
    const failure = { code: 'exit_code', detail: '' };
    const nextStepOf = (exception: string) =>
      explainFailed({ failure, reason: findReason({ stderr: traceback(exception), ...noReport }) })?.nextStep;
    expect(nextStepOf("ModuleNotFoundError: No module named 'humanize'")).toContain('module `humanize`');
    expect(nextStepOf('shop.prices.PriceError: no price')).toBe(runFailures.exit_code.nextStep);
  });

  it('has no advice from a hostile message', () => {
    for (const name of ['a`b', '<b>', '\u001B[2J', '$(id)', 'x'.repeat(3000)])
      expect(
        findReason({ stderr: traceback(`ModuleNotFoundError: No module named '${name}'`), ...noReport })
          ?.advice ?? '',
      ).not.toContain(name);
  });

  it('uses the text of its code if there is no other reason', () => {
    const summaryOf = (detail: string) =>
      explainFailed({ failure: { code: 'out_of_memory', detail }, reason: null })?.summary;
    expect(summaryOf('It needed 3 GB.\nIt had 2.')).toBe('It needed 3 GB.');
    expect(summaryOf('')).toBe('The run needed more memory than it may use and was killed.');
    expect(explainFailed({ failure: null, reason: null })).toBeNull();
  });

  it('says what to use instead of the proprietary package', () => {
    const reason = findReason({
      stderr: traceback("ModuleNotFoundError: No module named 'dlthub.runner'"),
      ...noReport,
    });
    const explained = explainFailed({ failure: { code: 'exit_code', detail: '' }, reason });
    expect(explained?.nextStep).toMatch(
      /^`dlthub.runner` belongs to .*: call `pipeline.run\(\)` in a job instead\.$/,
    );
  });
});
