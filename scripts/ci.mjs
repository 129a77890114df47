// `.ci/run`: runs the lanes of docs/contribute/testing.md except `release`, and counts them in one report. The last
// line is just `N passed, N failed`.
import { randomInt } from 'node:crypto';
import { buildConsole } from './build-console.mjs';
import { listPropertyTests } from './list-property-tests.mjs';
import { runChecksAndQuickTests, runPythonMachineTests, runPythonTests } from './ordinary-tests.mjs';
import { TestReport } from './test-report.mjs';
import { prepareToolchain } from './toolchain.mjs';

// With CI=true, a test that lacks something fails in place of being skipped.
const env = { ...prepareToolchain(), CI: 'true' };
buildConsole(env);
const report = new TestReport(env);
// CI kills a run after 90 minutes.
report.endAfter(88);

/** On engines of their own, and mostly waiting for them, so that other tests can run meanwhile. */
async function runOnPodman() {
  // `api.containers` would repeat the suite of the quick lane.
  const folders = ['apps/server/src/executors/', 'testing/kubernetes/in-process/node'];
  const variables = { PUMPHOUSE_TEST_ENGINES: 'podman', PUMPHOUSE_TEST_CONTAINERS: 'some' };
  await report.runVitest('containers on Podman', ['--project', 'containers', ...folders], {
    variables,
    isAside: true,
  });
  const moments = 'in user code|the stored handle|between exit and finish';
  const kills = ['--project', 'servers', 'testing/faults/kill.test.ts', '-t', moments];
  const onPodman = { variables: { PUMPHOUSE_TEST_EXECUTOR: 'podman' }, isAside: true };
  await report.runVitest('kills with runs in containers', kills, onPodman);
  await report.runVitest('image test', ['--project', 'image'], { isAside: true });
}

/** In one run, so that no core waits for the last file of a lane. */
async function runServers() {
  await report.runVitest('server and slow tests', ['--project', 'servers', '--project', 'slow']);
  await runPropertyTests();
}

/** The quick lane has run them with a fixed seed. */
async function runPropertyTests() {
  const seed = String(randomInt(2 ** 31));
  const name = `property tests with PUMPHOUSE_PROPERTY_SEED=${seed}`;
  await report.runVitest(name, listPropertyTests(), { variables: { PUMPHOUSE_PROPERTY_SEED: seed } });
}

// By the Node that runs this: users set up with an older one than 24.
await report.check('set-up', process.execPath, ['scripts/setup.mjs']);
const hasEngine = await report.check('container tools', 'node', ['scripts/container-tools.mjs', '--compose']);
await report.check('browser', 'node', ['scripts/browser-tools.mjs']);
const pythonTests = runPythonTests(report, env);
await runChecksAndQuickTests(report);
await Promise.all([
  report.runVitest('machine tests', ['--project', 'machine']),
  runPythonMachineTests(report, env),
  pythonTests,
]);
await Promise.all([hasEngine && runOnPodman(), runServers()]);
report.end();
