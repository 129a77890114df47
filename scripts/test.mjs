// Runs every check and every test, after installing what is missing. The last line is just `N passed, N
// failed`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { buildConsole } from './build-console.mjs';
import { TestReport } from './test-report.mjs';
import { prepareToolchain, root } from './toolchain.mjs';
import { listPythonFailures } from './what-failed.mjs';

const env = prepareToolchain();
buildConsole(env);
const report = new TestReport(env);

/** Starts the Python tests below a folder. Their output is kept, because other steps print meanwhile. */
function startPythonTests(folder) {
  const python = env.PUMPHOUSE_PYTHON ?? 'python3';
  const args = ['-m', 'unittest', 'discover', '-s', 'tests'];
  const stdio = ['ignore', 'ignore', 'pipe'];
  const child = spawn(python, args, { cwd: join(root, folder), env, stdio });
  return Promise.all([once(child, 'exit'), text(child.stderr)]);
}

/** unittest ends with `Ran N tests` and, after failures, `FAILED (failures=N, errors=N)`. */
function countPythonTests(name, [[status], output]) {
  process.stderr.write(`\n== ${name} (Python)\n${output}`);
  const ran = Number(/^Ran (\d+) tests?/m.exec(output)?.[1] ?? 0);
  const bad = [...output.matchAll(/(?:failures|errors|unexpected successes)=(\d+)/g)];
  const badCount = bad.reduce((sum, match) => sum + Number(match[1]), 0);
  // A run that ended before its last line has failed, whatever it counted.
  const failed = status === 0 && ran > 0 ? 0 : Math.max(1, badCount);
  const described = listPythonFailures(output);
  const brokeOff = `${name} (Python): broke off; see "== ${name} (Python)" above`;
  const failures = failed > 0 && described.length === 0 ? [brokeOff] : described;
  report.count(Math.max(0, ran - failed), failed, failures);
}

/** Without a container engine, its tests are skipped with a message. CI has one. */
function canRunEngines() {
  if (process.platform !== 'linux' || process.getuid() !== 0) return false;
  return env.CI === 'true' || findInPath('podman');
}

function findInPath(program) {
  return (env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)));
}

const runsEngines = canRunEngines();
const hasTools =
  runsEngines && (await report.check('container tools', 'node', ['scripts/container-tools.mjs']));
/** Without Chromium, the tests of pages are skipped with a message. CI has it. */
const canHaveBrowser = existsSync('/usr/bin/chromium') || env.CI === 'true' || process.getuid() === 0;
const hasBrowser = canHaveBrowser && (await report.check('browser', 'node', ['scripts/browser-tools.mjs']));
const bootstrapTests = startPythonTests('python');
const hookTests = startPythonTests('python/pumphouse-dlt-hook');
await report.check('format', 'prettier', ['--check', '--log-level', 'warn', '.']);
await report.check('lint', 'oxlint', ['--type-aware', '--deny-warnings']);
await report.check('types', 'tsc', ['--noEmit']);
await report.check('types of the console', 'tsc', ['--noEmit', '-p', 'apps/web']);
await report.check('unused code', 'knip', []);
countPythonTests('bootstrap tests', await bootstrapTests);
countPythonTests('tests of the dlt hook', await hookTests);

await report.runVitest('tests', [
  'apps/cli',
  'apps/server',
  'apps/web',
  'packages',
  'testing/fixtures',
  'testing/house',
  'testing/simulate',
]);
/**
 * On separate engines, and mostly waiting for them. The other tests that need an engine: npm run
 * test:containers, test:on-engine, test:image.
 */
async function runOnEngines() {
  const executor = ['--config', 'vitest.containers.config.ts', 'apps/server/src/executors/docker'];
  const variables = { PUMPHOUSE_TEST_ENGINES: 'podman', PUMPHOUSE_TEST_CONTAINERS: 'some' };
  const onPodman = { variables, isAside: true };
  await report.runVitest('runs in containers', executor, onPodman);
  const kills = [
    'testing/faults/kill.test.ts',
    '-t',
    'in user code|the stored handle|between exit and finish',
  ];
  const inContainers = { variables: { PUMPHOUSE_TEST_EXECUTOR: 'podman' }, isAside: true };
  await report.runVitest('kills with runs in containers', kills, inContainers);
}

await Promise.all([
  hasTools ? runOnEngines() : undefined,
  report.runVitest('end-to-end and fault tests', [
    'testing/e2e',
    'testing/faults',
    ...(hasBrowser ? [] : ['--exclude', 'testing/e2e/sign-in-pages.test.ts']),
  ]),
]);
if (!canHaveBrowser) process.stderr.write('\nLeft out, since it takes Chromium: the tests of pages.\n');
if (!runsEngines) {
  process.stderr.write('\nLeft out, since it takes root and Podman: the tests on a container engine.\n');
}
report.end();
