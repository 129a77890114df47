/** Apps and users of local data for the conformance suite, for executors that run real processes. */
import type { AttemptRoutes, ServedAttempt } from '../process/testing/attempt-routes.ts';
import type { AttemptSpec } from '../contract/attempt-runner.ts';
import type { Executor } from '../executor.ts';
import { appPort } from './app-connector-conformance.ts';
import { appProgram, callerProgram } from './conformance-program.ts';
import type { ConformanceHarness } from './harness.ts';
import { localDataProgram } from './local-data-program.ts';

interface Serving {
  routes: AttemptRoutes;
  createExecutor: () => Executor;
  describeAttempt: (served: ServedAttempt) => AttemptSpec;
}

export function serveApps({
  routes,
  createExecutor,
  describeAttempt,
}: Serving): Pick<
  ConformanceHarness,
  'createAppSpec' | 'reachFromAnotherAttempt' | 'createLocalDataSpec' | 'awaitReport'
> {
  const variables = { APP_PORT: String(appPort) };
  return {
    createAppSpec: async () => ({
      ...describeAttempt({ program: appProgram, variables }),
      network: 'isolated',
    }),
    createLocalDataSpec: async (steps, folder) => ({
      ...describeAttempt({
        program: localDataProgram,
        variables: { STEPS: JSON.stringify(steps), FOLDER: folder },
        profile: folder,
      }),
      localData: null,
    }),
    awaitReport: ({ attemptId }) => routes.awaitReport(attemptId),
    async reachFromAnotherAttempt(app, network) {
      const own = (await routes.awaitReport(app.attemptId)) as string[];
      if (!own.some((address) => /^\d+\.\d+\.\d+\.\d+$/.test(address)))
        throw new Error(`The app has no address: ${own.join(', ')}`);
      // Its own loopback, the machine's addresses, and pasta's gateway.
      const addresses = [...own, '127.0.0.1', '::1', '10.0.2.2', new URL(app.attemptsUrl).hostname];
      const spec: AttemptSpec = {
        ...describeAttempt({
          program: callerProgram,
          variables: { ...variables, ADDRESSES: JSON.stringify([...new Set(addresses)]) },
        }),
        network,
      };
      const executor = createExecutor();
      const handle = await executor.start(spec);
      try {
        return (await routes.awaitReport(spec.attemptId)) as string[];
      } finally {
        await executor.stop(handle, { graceSeconds: 0 });
        await executor.remove(handle);
      }
    },
  };
}
