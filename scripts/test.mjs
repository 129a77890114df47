// Runs every check and every test, after installing what is missing. The last line is `N passed, N failed` alone.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { prepareToolchain, root } from './toolchain.mjs';
import { listPythonFailures, listVitestFailures } from './what-failed.mjs';

const env = prepareToolchain();
const folder = mkdtempSync(join(tmpdir(), 'pumphouse-results-'));
const failures = [];
let passed = 0;
let failed = 0;

async function step(name, command, args) {
  process.stderr.write(`\n== ${name}\n`);
  const child = spawn(command, args, { cwd: root, env, stdio: 'inherit' });
  const [status] = await once(child, 'exit');
  return status === 0;
}

async function check(name, command, args) {
  const isGood = await step(name, command, args);
  if (isGood) passed += 1;
  else {
    failed += 1;
    failures.push(`${name}: ${command} found something; see "== ${name}" above`);
  }
}

async function runVitest(name, args) {
  const report = join(folder, 'vitest.json');
  rmSync(report, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const isGood = await step(name, 'vitest', ['run', ...args, ...reporters]);
  try {
    const results = JSON.parse(readFileSync(report, 'utf8'));
    const described = listVitestFailures(results, root);
    passed += results.numPassedTests;
    failed += results.numFailedTests;
    failures.push(...described);
    if (isGood || results.numFailedTests > 0) return;
    // A file that could not be loaded has no failed test of its own; nor has an error outside of all tests.
    failed += 1;
    if (described.length === 0)
      failures.push(`${name}: an error outside of all tests; see "== ${name}" above`);
  } catch {
    failed += 1;
    failures.push(`${name}: vitest broke off without a report; see "== ${name}" above`);
  }
}

/** Starts the tests of the bootstrap. Their output is kept, since other steps write meanwhile. */
function startPythonTests() {
  const python = env.PUMPHOUSE_PYTHON ?? 'python3';
  const args = ['-m', 'unittest', 'discover', '-s', 'tests'];
  const stdio = ['ignore', 'ignore', 'pipe'];
  const child = spawn(python, args, { cwd: join(root, 'python'), env, stdio });
  return Promise.all([once(child, 'exit'), text(child.stderr)]);
}

/** unittest closes with `Ran N tests` and, where some failed, `FAILED (failures=N, errors=N)`. */
function countPythonTests([[status], output]) {
  process.stderr.write(`\n== bootstrap tests (Python)\n${output}`);
  const ran = Number(/^Ran (\d+) tests?/m.exec(output)?.[1] ?? 0);
  const bad = [...output.matchAll(/(?:failures|errors|unexpected successes)=(\d+)/g)];
  const badCount = bad.reduce((sum, match) => sum + Number(match[1]), 0);
  // A run that broke off before its last line has failed, whatever it counted.
  const failedCount = status === 0 && ran > 0 ? 0 : Math.max(1, badCount);
  passed += Math.max(0, ran - failedCount);
  failed += failedCount;
  const described = listPythonFailures(output);
  failures.push(...described);
  if (failedCount > 0 && described.length === 0)
    failures.push('bootstrap tests (Python): broke off; see "== bootstrap tests (Python)" above');
}

const pythonTests = startPythonTests();
await check('format', 'prettier', ['--check', '--log-level', 'warn', '.']);
await check('lint', 'oxlint', ['--type-aware', '--deny-warnings']);
await check('types', 'tsc', ['--noEmit']);
await check('unused code', 'knip', []);
countPythonTests(await pythonTests);

await runVitest('tests', ['apps', 'packages', 'testing/fixtures', 'testing/house']);
await runVitest('end-to-end and fault tests', ['testing/e2e', 'testing/faults']);
rmSync(folder, { recursive: true, force: true });
if (failures.length > 0) process.stdout.write(`\n== what failed\n${failures.join('\n\n')}\n\n`);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 ? 0 : 1);
