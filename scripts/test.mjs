// Runs every check and every test, after installing what is missing. The last line is `N passed, N failed` alone.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareToolchain, root } from './toolchain.mjs';

const env = prepareToolchain();
const folder = mkdtempSync(join(tmpdir(), 'pumphouse-results-'));
let passed = 0;
let failed = 0;

function step(name, command, args) {
  process.stderr.write(`\n== ${name}\n`);
  const { status } = spawnSync(command, args, { cwd: root, env, stdio: 'inherit' });
  return status === 0;
}

function runVitest(name, args) {
  const report = join(folder, 'vitest.json');
  rmSync(report, { force: true });
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const good = step(name, 'vitest', ['run', ...args, ...reporters]);
  try {
    const results = JSON.parse(readFileSync(report, 'utf8'));
    passed += results.numPassedTests;
    failed += results.numFailedTests;
    // A file that could not be loaded has no failed test of its own.
    if (!good && results.numFailedTests === 0) failed += 1;
  } catch {
    failed += 1;
  }
}

/** unittest closes with `Ran N tests` and, where some failed, `FAILED (failures=N, errors=N)`. */
function runPythonTests() {
  process.stderr.write('\n== bootstrap tests (Python)\n');
  const python = env.PUMPHOUSE_PYTHON ?? 'python3';
  const args = ['-m', 'unittest', 'discover', '-s', 'tests'];
  const { status, stderr } = spawnSync(python, args, { cwd: join(root, 'python'), env, encoding: 'utf8' });
  process.stderr.write(stderr ?? '');
  const ran = Number(/^Ran (\d+) tests?/m.exec(stderr ?? '')?.[1] ?? 0);
  const bad = [...(stderr ?? '').matchAll(/(?:failures|errors|unexpected successes)=(\d+)/g)];
  const badCount = bad.reduce((sum, match) => sum + Number(match[1]), 0);
  // A run that broke off before its last line has failed, whatever it counted.
  const failures = status === 0 && ran > 0 ? 0 : Math.max(1, badCount);
  passed += Math.max(0, ran - failures);
  failed += failures;
}

function count(isGood) {
  if (isGood) passed += 1;
  else failed += 1;
}

count(step('format', 'prettier', ['--check', '--log-level', 'warn', '.']));
count(step('lint', 'oxlint', ['--type-aware', '--deny-warnings']));
count(step('types', 'tsc', ['--noEmit']));
count(step('unused code', 'knip', []));

runPythonTests();

runVitest('tests', ['apps', 'packages', 'testing/fixtures', 'testing/house']);
// Whole servers, runs and kills: one file at a time, since their deadlines are about the server and not about a busy machine.
runVitest('end-to-end and fault tests', ['testing/e2e', 'testing/faults', '--no-file-parallelism']);
rmSync(folder, { recursive: true, force: true });
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 ? 0 : 1);
