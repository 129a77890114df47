// Steps of a test run and their results. The last line is just `N passed, N failed`.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { root } from './toolchain.mjs';
import { listUnhandledErrors, listVitestFailures } from './what-failed.mjs';

/** Runs steps with the toolchain's environment and counts results. */
export class TestReport {
  #env;
  #folder = mkdtempSync(join(tmpdir(), 'pumphouse-results-'));
  #failures = [];
  #lanes = [];
  #running = new Map();
  #passed = 0;
  #failed = 0;

  constructor(env) {
    this.#env = env;
  }

  count(passed, failed, failures) {
    this.#passed += passed;
    this.#failed += failed;
    this.#failures.push(...failures);
  }

  /**
   * @param isAside another step prints meanwhile, so the output is printed as a whole when the step has ended
   */
  async #step(name, command, args, { variables = {}, isAside = false } = {}) {
    const announce = () => process.stderr.write(`\n== ${name}\n`);
    if (!isAside) announce();
    const stdio = isAside ? ['ignore', 'pipe', 'pipe'] : 'inherit';
    const child = spawn(command, args, { cwd: root, env: { ...this.#env, ...variables }, stdio });
    this.#running.set(name, child);
    const output = isAside ? Promise.all([text(child.stdout), text(child.stderr)]) : Promise.resolve([]);
    const [status] = await once(child, 'exit');
    const written = await output;
    this.#running.delete(name);
    if (isAside) announce();
    for (const one of written) process.stderr.write(one);
    return status === 0;
  }

  /**
   * Runs a command that counts as one test.
   * @param options as for `runVitest`
   * @returns {Promise<boolean>} whether it passed
   */
  async check(name, command, args, options = {}) {
    const isGood = await this.#step(name, command, args, options);
    if (isGood) this.count(1, 0, []);
    else this.count(0, 1, [`${name}: ${command} found something; see "== ${name}" above`]);
    return isGood;
  }

  /** @param options `variables` for the environment, `isAside` if another step prints meanwhile */
  async runVitest(name, args, options = {}) {
    const report = join(this.#folder, `${randomUUID()}.json`);
    const unhandled = join(this.#folder, `${randomUUID()}.json`);
    const startedAt = Date.now();
    const reporters = [
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      `--reporter=${join(import.meta.dirname, 'unhandled-errors-reporter.mjs')}`,
    ];
    const variables = { ...options.variables, PUMPHOUSE_TEST_UNHANDLED_ERRORS: unhandled };
    const isGood = await this.#step(name, 'vitest', ['run', ...args, ...reporters], {
      ...options,
      variables,
    });
    try {
      const results = JSON.parse(readFileSync(report, 'utf8'));
      const described = [
        ...listVitestFailures(results, root),
        ...listUnhandledErrors(JSON.parse(readFileSync(unhandled, 'utf8')), root),
      ].map((failure) => `${name}: ${failure}`);
      this.count(results.numPassedTests, results.numFailedTests, described);
      this.#lanes.push(describeLane(name, results, Date.now() - startedAt));
      if (isGood || results.numFailedTests > 0) return;
      // A file that could not be loaded has no failed test, and neither has an error outside of all tests.
      const elsewhere = `${name}: an error of vitest itself; see "== ${name}" above`;
      this.count(0, 1, described.length === 0 ? [elsewhere] : []);
    } catch {
      this.count(0, 1, [`${name}: vitest broke off without a report; see "== ${name}" above`]);
    }
  }

  /**
   * Ends this process with a failure if it still runs then: one that is killed from outside has no last line.
   */
  endAfter(minutes) {
    const end = () => {
      for (const [name, child] of this.#running) {
        child.kill('SIGKILL');
        this.count(0, 1, [`${name}: had not ended ${minutes} minutes after the start of all tests`]);
      }
      this.end();
    };
    setTimeout(end, minutes * 60_000).unref();
  }

  /** Prints the lanes, the failures and the last line, and ends this process. */
  end() {
    rmSync(this.#folder, { recursive: true, force: true });
    if (this.#lanes.length > 0) process.stdout.write(`\n== lanes\n${this.#lanes.join('\n')}\n\n`);
    if (this.#failures.length > 0)
      process.stdout.write(`\n== what failed\n${this.#failures.join('\n\n')}\n\n`);
    process.stdout.write(`${this.#passed} passed, ${this.#failed} failed\n`);
    process.exit(this.#failed === 0 ? 0 : 1);
  }
}

function describeLane(name, { numPassedTests, numFailedTests, numPendingTests }, milliseconds) {
  const minutes = (milliseconds / 60_000).toFixed(1);
  return `${name}: ${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped in ${minutes} minutes`;
}
