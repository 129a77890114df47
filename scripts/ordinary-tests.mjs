// What `npm test` runs: checks, Python tests and the quick lane.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { root } from './toolchain.mjs';
import { listPythonFailures } from './what-failed.mjs';

/**
 * @param {import('./test-report.mjs').TestReport} report
 * @param {NodeJS.ProcessEnv} env from `prepareToolchain`
 */
export async function runOrdinaryTests(report, env) {
  await Promise.all([runPythonTests(report, env), runChecksAndQuickTests(report)]);
}

export async function runChecksAndQuickTests(report) {
  await runChecks(report);
  await report.runVitest('quick tests', ['--project', 'quick']);
}

/** Starts them at once, and counts and prints them when all have ended. */
export async function runPythonTests(report, env) {
  const bootstrapTests = startPythonTests('python', env);
  const hookTests = startPythonTests('python/pumphouse-dlt-hook', env);
  countPythonTests(report, 'bootstrap tests', await bootstrapTests);
  countPythonTests(report, 'tests of the dlt hook', await hookTests);
}

/** Tests of the bootstrap that need root, pasta and control groups: the machine lane of Python. */
export async function runPythonMachineTests(report, env) {
  const name = 'machine tests of the bootstrap';
  countPythonTests(report, name, await startPythonTests('python', env, 'machine_test*.py'));
}

/** Prettier and knip use one core each, so the others run meanwhile. */
async function runChecks(report) {
  const check = (name, command, args) => report.check(name, command, args, { isAside: true });
  const checkText = async () => {
    await check('format', 'prettier', ['--check', '--cache', '--log-level', 'warn', '.']);
    await check('unused code', 'knip', []);
  };
  const checkTypes = async () => {
    await check('lint', 'oxlint', ['--type-aware', '--deny-warnings']);
    await check('types', 'tsc', ['--noEmit']);
    await check('types of the console', 'tsc', ['--noEmit', '-p', 'apps/web']);
  };
  await Promise.all([checkText(), checkTypes()]);
}

/** Starts the Python tests below a folder. Their output is kept, because other steps print meanwhile. */
function startPythonTests(folder, env, pattern = 'test*.py') {
  const python = env.PUMPHOUSE_PYTHON ?? 'python3';
  const args = ['-m', 'unittest', 'discover', '-s', 'tests', '-p', pattern];
  const stdio = ['ignore', 'ignore', 'pipe'];
  const child = spawn(python, args, { cwd: join(root, folder), env, stdio });
  return Promise.all([once(child, 'exit'), text(child.stderr)]);
}

/** unittest ends with `Ran N tests` and, after failures, `FAILED (failures=N, errors=N)`. */
function countPythonTests(report, name, [[status], output]) {
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
