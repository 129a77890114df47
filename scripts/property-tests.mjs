// `npm run test:properties -- N` (default 10): runs the files with property tests N times, with a random seed
// each.
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { listPropertyTests } from './list-property-tests.mjs';
import { prepareToolchain, root } from './toolchain.mjs';

const env = prepareToolchain();
const rounds = Number(process.argv[2] ?? 10);
if (!Number.isInteger(rounds) || rounds < 1) {
  process.stderr.write('How often? Give a whole number of at least 1: npm run test:properties -- 20\n');
  process.exit(2);
}

const files = listPropertyTests();
const failedSeeds = [];
for (let round = 1; round <= rounds; round += 1) {
  const seed = randomInt(2 ** 31);
  process.stdout.write(`== round ${round} of ${rounds}: PUMPHOUSE_PROPERTY_SEED=${seed}\n`);
  const { status } = spawnSync('vitest', ['run', '--reporter=dot', ...files], {
    cwd: root,
    env: { ...env, PUMPHOUSE_PROPERTY_SEED: String(seed) },
    stdio: 'inherit',
  });
  if (status !== 0) failedSeeds.push(seed);
}
const again = 'PUMPHOUSE_PROPERTY_SEED=<seed> npm run unit -- <file> repeats one';
process.stdout.write(
  failedSeeds.length === 0
    ? `${rounds} rounds, none failed\n`
    : `${failedSeeds.length} of ${rounds} rounds failed, with the seeds ${failedSeeds.join(', ')}; ${again}\n`,
);
process.exit(failedSeeds.length === 0 ? 0 : 1);
