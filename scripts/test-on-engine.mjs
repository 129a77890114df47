// `npm run test:on-engine -- podman|docker [--own-disk] [files]`: runs the tests of whole servers, with their
// runs in containers. With --own-disk the engine sees other files than the servers. Slow tests run only if
// named. The last line is just `N passed, N failed`.
import { TestReport } from './test-report.mjs';
import { prepareToolchain } from './toolchain.mjs';

const [kind, ...rest] = process.argv.slice(2);
if (kind !== 'podman' && kind !== 'docker') {
  process.stderr.write('npm run test:on-engine -- podman|docker [--own-disk] [files]\n');
  process.exit(2);
}
const ownDisk = rest.includes('--own-disk');
const named = rest.filter((argument) => argument !== '--own-disk');
const env = {
  ...prepareToolchain(),
  PUMPHOUSE_TEST_EXECUTOR: kind,
  PUMPHOUSE_TEST_OWN_DISK: ownDisk ? '1' : '0',
};
const report = new TestReport(env);
const tools = kind === 'docker' ? ['--docker'] : [];
const isReady = await report.check('container tools', 'node', ['scripts/container-tools.mjs', ...tools]);
if (isReady) {
  const where = `${kind}${ownDisk ? ' with a disk of its own' : ''}`;
  const slow = named.filter((file) => /\.(?:slow|release)\.test\.ts$/.test(file));
  const others = named.filter((file) => !slow.includes(file));
  if (named.length === 0 || others.length > 0)
    await report.runVitest(`tests of servers on ${where}`, ['--project', 'servers', ...others]);
  if (slow.length > 0)
    await report.runVitest(`slow tests of servers on ${where}`, [
      '--project',
      'slow',
      '--project',
      'release',
      ...slow,
    ]);
}
report.end();
