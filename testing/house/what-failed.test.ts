import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { repositoryFolder } from '../fixtures/server.ts';

interface WhatFailed {
  listVitestFailures: (report: unknown, root: string) => string[];
  listUnhandledErrors: (errors: unknown, root: string) => string[];
  listPythonFailures: (output: string) => string[];
}

const { listPythonFailures, listUnhandledErrors, listVitestFailures } = (await import(
  join(repositoryFolder, 'scripts', 'what-failed.mjs')
)) as WhatFailed;

it('names the file, the test and the first lines of its error', () => {
  const stack = Array.from({ length: 40 }, (_, index) => `    at frame ${index}`).join('\n');
  const report = {
    testResults: [
      {
        name: '/place/a.test.ts',
        status: 'passed',
        assertionResults: [{ status: 'passed', fullName: 'good' }],
      },
      {
        name: '/place/b.test.ts',
        status: 'failed',
        assertionResults: [
          { status: 'passed', fullName: 'good', failureMessages: [] },
          {
            status: 'failed',
            fullName: 'group bad',
            failureMessages: [`Error: \u001b[31mno\u001b[39m\n${stack}`],
          },
        ],
      },
      { name: '/place/c.test.ts', status: 'failed', message: 'no such module', assertionResults: [] },
    ],
  };
  const [bad = '', unloaded, ...others] = listVitestFailures(report, '/place');
  expect(bad.split('\n').slice(0, 2)).toEqual(['b.test.ts > group bad', '    Error: no']);
  expect(bad.split('\n')).toHaveLength(13);
  expect(unloaded).toBe('c.test.ts\n    no such module');
  expect(others).toEqual([]);
});

it('names the file of an error outside of all tests', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pumphouse-unhandled-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(
    join(folder, 'late.test.ts'),
    `it('is good', async () => {
      void Promise.reject(new Error('late'));
      await new Promise(setImmediate);
    });`,
  );
  const errors = join(folder, 'errors.json');
  const reporter = join(repositoryFolder, 'scripts', 'unhandled-errors-reporter.mjs');
  const vitest = spawn(
    join(repositoryFolder, 'node_modules/.bin/vitest'),
    ['run', '--root', folder, '--globals', `--reporter=${reporter}`],
    { env: { ...process.env, PUMPHOUSE_TEST_UNHANDLED_ERRORS: errors }, stdio: 'ignore' },
  );
  expect(await once(vitest, 'exit')).toEqual([1, null]);
  const [late = '', ...others] = listUnhandledErrors(JSON.parse(await readFile(errors, 'utf8')), folder);
  expect(late.split('\n').slice(0, 2)).toEqual([
    'unhandled error: late.test.ts > is good',
    '    Error: late',
  ]);
  expect(others).toEqual([]);
});

it('names failed tests of Python with the end of their traceback', () => {
  const line = '-'.repeat(70);
  const output = `.F.
${'='.repeat(70)}
FAIL: test_sum (test_numbers.Sums.test_sum)
${line}
Traceback (most recent call last):
  File "test_numbers.py", line 3, in test_sum
AssertionError: 1 != 2

${line}
Ran 3 tests in 0.001s

FAILED (failures=1)
`;
  expect(listPythonFailures(output)).toEqual([
    [
      'FAIL: test_sum (test_numbers.Sums.test_sum)',
      '    Traceback (most recent call last):',
      '      File "test_numbers.py", line 3, in test_sum',
      '    AssertionError: 1 != 2',
    ].join('\n'),
  ]);
  expect(listPythonFailures('...\nRan 3 tests\n\nOK\n')).toEqual([]);
});
