/** A server in the middle of a build, for a test that kills it: builds what its argument (JSON) says. */
import type { EnvironmentSpec } from '../../executor.ts';
import { setTimeout as delay } from 'node:timers/promises';
import type { FaultPointName, FaultPoints } from '../../../platform/fault-points.ts';
import { createTestExecutor } from './machine.ts';
import type { ProcessExecutorOptions } from '../process-executor.ts';

interface BuildOrder {
  dataDir: string;
  overrides: Partial<ProcessExecutorOptions>;
  spec: EnvironmentSpec;
  /** Where the build stands still and says so. */
  standsAt?: FaultPointName;
}

const order = JSON.parse(process.argv[2] ?? '') as BuildOrder;
const faultPoints: FaultPoints = {
  reach: async (name) => {
    if (name !== order.standsAt) return;
    process.stdout.write(`${name}\n`);
    // A timer keeps the process alive.
    await delay(600_000);
  },
};
const executor = createTestExecutor(order.dataDir, { ...order.overrides, faultPoints });
await executor.buildEnvironment(order.spec, () => undefined);
// As a crash: what it does in the background ends in the middle.
process.kill(process.pid, 'SIGKILL');
