import type { Executor } from '../../executors/executor.ts';
import { eventually } from '../../../../../testing/fixtures/eventually.ts';

/**
 * Wraps an executor so that builds print "resolving" and then wait until they are released or aborted.
 * @param untilStopped how long an aborted build takes to end, because real tools take a while to stop
 */
export function holdBuilds(executor: Executor, untilStopped: Promise<void> = Promise.resolve()) {
  const released = Promise.withResolvers<void>();
  let started = 0;
  let aborted = 0;
  return {
    executor: {
      ...executor,
      async buildEnvironment(spec, onLine, signal) {
        started += 1;
        onLine({ stream: 'stdout', text: 'resolving' });
        const aborting = Promise.withResolvers<never>();
        const onAbort = () => {
          aborted += 1;
          void untilStopped.then(() => aborting.reject(signal?.reason as Error));
        };
        signal?.addEventListener('abort', onAbort, { once: true });
        await Promise.race([released.promise, aborting.promise]);
        signal?.removeEventListener('abort', onAbort);
        return executor.buildEnvironment(spec, onLine, signal);
      },
    } satisfies Executor as Executor,
    release: () => released.resolve(),
    awaitBuilds: (count: number) => eventually(`${count} builds are under way`, () => started === count),
    get started() {
      return started;
    },
    get aborted() {
      return aborted;
    },
  };
}
