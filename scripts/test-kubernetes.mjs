// `npm run test:kubernetes`: runs the tests that need a real Kubernetes (Debian, root). Builds it on the first call,
// which takes 10 to 20 minutes. Arguments name files; without any, evicted runs of a whole server are tested too. The last line is just `N passed, N failed`.
import { TestReport } from './test-report.mjs';
import { prepareToolchain } from './toolchain.mjs';

const report = new TestReport(prepareToolchain());
const tools = ['scripts/container-tools.mjs', 'scripts/kubernetes-tools.mjs'];
const isReady = await report.check('Kubernetes', 'sh', [
  '-ec',
  tools.map((tool) => `node ${tool}`).join('\n'),
]);
if (isReady)
  await report.runVitest('Kubernetes tests', ['--project', 'kubernetes', ...process.argv.slice(2)]);
if (isReady && process.argv.length === 2)
  await report.runVitest(
    'Kubernetes tests of pending packages',
    ['--project', 'slow', 'testing/e2e/pending/pods.slow.test.ts', '-t', 'evicted'],
    {
      variables: {
        PUMPHOUSE_TEST_EXECUTOR: 'kubernetes',
        PUMPHOUSE_TEST_CLUSTER_KIND: 'real',
        PUMPHOUSE_TEST_LOCAL_DATA: 'objects',
      },
    },
  );
report.end();
