// Failures in a few lines: CI logs are cut in the middle, but their end is kept.
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

const shownLines = 12;

/**
 * Failures in a JSON report of vitest: the file, the full name of the test, the first lines of each error. A
 * file that could not be loaded has no test to name.
 */
export function listVitestFailures(report, root) {
  return report.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(root, name);
    const failed = assertionResults.filter((test) => test.status === 'failed');
    if (failed.length === 0) return status === 'failed' ? [describe(file, [message])] : [];
    return failed.map((test) => describe(`${file} > ${test.fullName}`, test.failureMessages));
  });
}

/**
 * Errors outside of all tests, as unhandled-errors-reporter.mjs writes them: the test that ran last in that
 * process, if any, and the first lines of the error.
 */
export function listUnhandledErrors(errors, root) {
  return errors.map(({ test, path, message }) => {
    const file = path === null ? 'no file' : relative(root, path);
    return describe(`unhandled error: ${[file, test].filter(Boolean).join(' > ')}`, [message]);
  });
}

/**
 * Failures in the output of Python's unittest: the test, the location, and the end of the traceback with the
 * error.
 */
export function listPythonFailures(output) {
  const blocks = output.split(/^={70}$/m).slice(1);
  return blocks.map((block) => {
    const [title = '', ...rest] = block
      .split(/^-{70}$/m)[0]
      .trim()
      .split('\n');
    const traceback = (block.split(/^-{70}$/m)[1] ?? '').trim().split('\n');
    return [title, ...rest, ...indent(traceback.slice(-shownLines))].join('\n');
  });
}

function describe(title, messages) {
  return [title, ...messages.flatMap((message) => indent(cut(message)))].join('\n');
}

function cut(message) {
  return stripVTControlCharacters(message ?? '')
    .split('\n')
    .slice(0, shownLines);
}

function indent(lines) {
  return lines.map((line) => `    ${line}`);
}
