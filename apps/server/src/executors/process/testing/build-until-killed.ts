/**
 * A server process in the middle of a build, for a test that kills it. Its argument (JSON) describes the
 * build.
 */
import type { EnvironmentSpec } from '../../contract/environment-builder.ts';
import { setTimeout as delay } from 'node:timers/promises';
import type { FaultPointName, FaultPoints } from '../../../platform/fault-points.ts';
import { createTestExecutor } from './machine.ts';
import type { ProcessExecutorOptions } from '../process-backend.ts';

interface BuildOrder {
  dataDir: string;
  overrides: Partial<ProcessExecutorOptions>;
  spec: EnvironmentSpec;
  /** The fault point at which the build pauses and reports. */
  standsAt?: FaultPointName;
}

const order = JSON.parse(process.argv[2] ?? '') as BuildOrder;
const faultPoints: FaultPoints = {
  reach: async (name) => {
    if (name !== order.standsAt) return;
    process.stdout.write(`${name}\n`);
    // The timer keeps the process alive.
    await delay(600_000);
  },
};
const executor = createTestExecutor(order.dataDir, { ...order.overrides, faultPoints });
await executor.buildEnvironment(order.spec, () => undefined);
// Kill the process as a crash would, interrupting its background work.
process.kill(process.pid, 'SIGKILL');
