import { afterEach } from 'vitest';
import type { AttemptHandle } from '../contract/attempt-handle.ts';
import type { AttemptSpec } from '../contract/attempt-runner.ts';
import type { Executor } from '../executor.ts';
import type { ConformanceHarness } from './harness.ts';

/** What the tests of one executor share. The harness and the executor exist once the tests run. */
export interface ConformanceSite {
  readonly harness: ConformanceHarness;
  readonly executor: Executor;
  readonly attempts: ConformanceAttempts;
}

/** Attempts of a test, which end and are removed with it. */
export interface ConformanceAttempts {
  /** Starts an attempt, and waits until its user code runs. */
  start(spec: AttemptSpec): Promise<{ spec: AttemptSpec; handle: AttemptHandle }>;
  /** Adds an attempt that the test has started itself. */
  add(handle: AttemptHandle): void;
  end(handle: AttemptHandle): Promise<void>;
}

/** Creates the attempts of the tests in a `describe` block. */
export function useAttempts(site: Omit<ConformanceSite, 'attempts'>): ConformanceAttempts {
  const handles = new Set<AttemptHandle>();

  async function end(handle: AttemptHandle): Promise<void> {
    await site.executor.stop(handle, { graceSeconds: 0 });
    await site.executor.remove(handle);
    handles.delete(handle);
  }

  afterEach(async () => {
    for (const handle of handles) await end(handle);
  });

  return {
    async start(spec) {
      const handle = await site.executor.start(spec);
      handles.add(handle);
      await site.harness.awaitUserCode(spec);
      return { spec, handle };
    },
    add: (handle) => void handles.add(handle),
    end,
  };
}
