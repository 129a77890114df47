// `npm run test:containers`: runs the tests that need a container engine, on each installed engine. Arguments
// name files. Their images are built once from Debian's packages; nothing is pulled. The last line is just `N
// passed, N failed`.
import { TestReport } from './test-report.mjs';
import { prepareToolchain } from './toolchain.mjs';

const report = new TestReport(prepareToolchain());
const isReady = await report.check('container tools', 'node', ['scripts/container-tools.mjs']);
if (isReady) await report.runVitest('container tests', ['--project', 'containers', ...process.argv.slice(2)]);
report.end();
