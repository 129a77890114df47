/** A server in the middle of a build, for a test that kills it: builds what its argument (JSON) says. */
import type { EnvironmentSpec } from '../../executor.ts';
import { createTestExecutor } from './machine.ts';
import type { ProcessExecutorOptions } from '../process-executor.ts';

interface BuildOrder {
  dataDir: string;
  overrides: Partial<ProcessExecutorOptions>;
  spec: EnvironmentSpec;
}

const order = JSON.parse(process.argv[2] ?? '') as BuildOrder;
await createTestExecutor(order.dataDir, order.overrides).buildEnvironment(order.spec, () => undefined);
