import { expect, vi } from 'vitest';
import { listAttemptProcesses } from '../../../../../testing/fixtures/run-processes.ts';
import { describeConformance } from '../conformance/conformance.ts';
import type { ConformanceHarness } from '../conformance/harness.ts';
import type { Executor } from '../executor.ts';
import { createProcessHarness } from './testing/process-harness.ts';

const WAIT = { timeout: 300_000, interval: 20 };

/** Attempts of the suite's executor are forked from a template; those of its other executors start cold. */
async function createForkedHarness(): Promise<ConformanceHarness> {
  const executors: Executor[] = [];
  const harness = await createProcessHarness({ templatesBytes: 1024 ** 3 });
  const createExecutor = (): Executor => {
    const executor = harness.createExecutor();
    executors.push(executor);
    return executor;
  };
  const countForked = (executor: Executor | undefined): number =>
    executor?.templates?.list().reduce((sum, { runs }) => sum + runs, 0) ?? 0;
  return {
    ...harness,
    createExecutor,
    async warmUp(executor) {
      for (let start = 0; start < 2; start += 1) await runOnce(harness, executor);
      await vi.waitUntil(() => executor.templates?.list().length === 1, WAIT);
      await runOnce(harness, executor);
      await vi.waitUntil(() => countForked(executor) === 1, WAIT);
    },
    listProcesses: (spec) => listAttemptProcesses(harness.dataDirPath, spec.attemptId),
    async close() {
      const forkedCount = countForked(executors[0]);
      for (const executor of executors) await executor.templates?.close();
      await harness.close();
      // Most attempts must have been forked, or this suite would test what the other one tests.
      expect(forkedCount).toBeGreaterThan(10);
    },
  };
}

async function runOnce(harness: ConformanceHarness, executor: Executor): Promise<void> {
  const spec = await harness.createSpec('ends-on-term');
  const handle = await executor.start(spec);
  await harness.awaitUserCode(spec);
  await executor.stop(handle, { graceSeconds: 20 });
  await executor.remove(handle);
}

describeConformance('process in a sandbox', () => createProcessHarness({}));
describeConformance('process in a sandbox, forked', createForkedHarness);
describeConformance('process without isolation', () =>
  createProcessHarness({ bwrapPath: null, allowUnisolated: true }),
);
