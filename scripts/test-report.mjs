// Steps of a test run, and what came of them. The last line is `N passed, N failed` alone.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './toolchain.mjs';
import { listVitestFailures } from './what-failed.mjs';

/** Runs steps with the environment of the toolchain and counts. */
export class TestReport {
  #env;
  #folder = mkdtempSync(join(tmpdir(), 'pumphouse-results-'));
  #failures = [];
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

  async #step(name, command, args, variables = {}) {
    process.stderr.write(`\n== ${name}\n`);
    const child = spawn(command, args, { cwd: root, env: { ...this.#env, ...variables }, stdio: 'inherit' });
    const [status] = await once(child, 'exit');
    return status === 0;
  }

  /** A command that counts as one test. @returns {Promise<boolean>} whether it passed */
  async check(name, command, args) {
    const isGood = await this.#step(name, command, args);
    if (isGood) this.count(1, 0, []);
    else this.count(0, 1, [`${name}: ${command} found something; see "== ${name}" above`]);
    return isGood;
  }

  async runVitest(name, args, variables = {}) {
    const report = join(this.#folder, 'vitest.json');
    rmSync(report, { force: true });
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const isGood = await this.#step(name, 'vitest', ['run', ...args, ...reporters], variables);
    try {
      const results = JSON.parse(readFileSync(report, 'utf8'));
      const described = listVitestFailures(results, root);
      this.count(results.numPassedTests, results.numFailedTests, described);
      if (isGood || results.numFailedTests > 0) return;
      // A file that could not be loaded has no failed test of its own; nor has an error outside of all tests.
      const elsewhere = `${name}: an error outside of all tests; see "== ${name}" above`;
      this.count(0, 1, described.length === 0 ? [elsewhere] : []);
    } catch {
      this.count(0, 1, [`${name}: vitest broke off without a report; see "== ${name}" above`]);
    }
  }

  /** Writes what failed and the last line, and ends this process. */
  end() {
    rmSync(this.#folder, { recursive: true, force: true });
    if (this.#failures.length > 0)
      process.stdout.write(`\n== what failed\n${this.#failures.join('\n\n')}\n\n`);
    process.stdout.write(`${this.#passed} passed, ${this.#failed} failed\n`);
    process.exit(this.#failed === 0 ? 0 : 1);
  }
}
