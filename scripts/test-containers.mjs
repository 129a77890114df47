// `npm run test:containers`: the tests that need a container engine, on each one that is installed. Arguments name files.
// Their images are made once, of Debian's packages; nothing is pulled. The last line is `N passed, N failed` alone.
import { TestReport } from './test-report.mjs';
import { prepareToolchain } from './toolchain.mjs';

const report = new TestReport(prepareToolchain());
const isReady = await report.check('container tools', 'node', ['scripts/container-tools.mjs']);
if (isReady)
  await report.runVitest('container tests', [
    '--config',
    'vitest.containers.config.ts',
    ...process.argv.slice(2),
  ]);
report.end();
