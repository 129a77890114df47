// `npm test`: checks, Python tests and the quick lane (docs/contribute/testing.md), after installing what is
// missing. The last line is just `N passed, N failed`.
import { buildConsole } from './build-console.mjs';
import { runOrdinaryTests } from './ordinary-tests.mjs';
import { TestReport } from './test-report.mjs';
import { prepareToolchain } from './toolchain.mjs';

const env = prepareToolchain();
buildConsole(env);
const report = new TestReport(env);
await runOrdinaryTests(report, env);
report.end();
