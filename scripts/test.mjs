// Runs every check and every test, after installing what is missing. The last line is `N passed, N failed` alone.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareToolchain, root } from './toolchain.mjs';

const env = prepareToolchain();
const folder = mkdtempSync(join(tmpdir(), 'pumphouse-results-'));
const report = join(folder, 'vitest.json');
let passed = 0;
let failed = 0;

function step(name, command, args) {
  process.stderr.write(`\n== ${name}\n`);
  const { status } = spawnSync(command, args, { cwd: root, env, stdio: 'inherit' });
  return status === 0;
}

function count(isGood) {
  if (isGood) passed += 1;
  else failed += 1;
}

count(step('format', 'prettier', ['--check', '--log-level', 'warn', '.']));
count(step('lint', 'oxlint', ['--type-aware', '--deny-warnings']));
count(step('types', 'tsc', ['--noEmit']));
count(step('unused code', 'knip', []));

const python = env.PUMPHOUSE_PYTHON ?? 'python3';
count(
  step('bootstrap tests (Python)', python, [
    '-m',
    'unittest',
    'discover',
    '-s',
    'python/tests',
    '-t',
    'python',
  ]),
);

const good = step('tests', 'vitest', [
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
]);
try {
  const results = JSON.parse(readFileSync(report, 'utf8'));
  passed += results.numPassedTests;
  failed += results.numFailedTests;
  // A file that could not be loaded has no failed test of its own.
  if (!good && results.numFailedTests === 0) failed += 1;
} catch {
  failed += 1;
}
rmSync(folder, { recursive: true, force: true });
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 ? 0 : 1);
