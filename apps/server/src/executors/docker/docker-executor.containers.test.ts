import { randomUUID } from 'node:crypto';
import type { EngineKind } from '../../../../../deploy/images/engine-command.ts';
import {
  findInstalledEngines,
  type TestEngineOptions,
} from '../../../../../testing/fixtures/container-engine.ts';
import { listProcessesWithVariable } from '../../../../../testing/fixtures/run-processes.ts';
import { describeConformance } from '../conformance/conformance.ts';
import type { AttemptBehaviour, ConformanceHarness } from '../conformance/harness.ts';
import { conformanceProgram } from '../conformance/conformance-program.ts';
import { serveApps } from '../conformance/served-apps.ts';
import { labels, labelsOf } from './names.ts';
import { createEngineFixture } from './testing/engine-fixture.ts';

async function createHarness(kind: EngineKind, options: TestEngineOptions): Promise<ConformanceHarness> {
  const context = await createEngineFixture(kind, options);
  const { engine, installationId, routes } = context;
  const createExecutor = () => context.createExecutor();
  const environment = await createExecutor().buildEnvironment(context.describeEnvironment(), () => undefined);
  const createSpec = async (behaviour: AttemptBehaviour) =>
    context.describeAttempt(
      { program: conformanceProgram, variables: { BEHAVIOUR: behaviour } },
      environment,
    );

  return {
    reachesSpool: true,
    createExecutor,
    createSpec,
    ...serveApps({
      routes,
      createExecutor,
      describeAttempt: (served) => context.describeAttempt(served, environment),
    }),
    async createUnstartableSpec() {
      const spec = await createSpec('ends-on-term');
      return {
        spec: { ...spec, environment: { ...environment, path: `${environment.path}-not` } },
        kind: 'config',
      };
    },
    createEnvironmentSpec: async () => context.describeEnvironment(),
    awaitUserCode: (spec) => routes.awaitUserCode(spec.attemptId),
    countUserCodeStarts: (spec) => routes.countUserCodeStarts(spec.attemptId),
    async finish(spec, code) {
      routes.finish(spec.attemptId, code);
    },
    vanish: (handle) =>
      engine.getContainer(`pumphouse-${String(handle.data['attemptId'])}`).kill({ signal: 'SIGKILL' }),
    moveElsewhere: (handle) => ({ ...handle, data: { ...handle.data, engineId: randomUUID() } }),
    listProcesses: (spec) => listProcessesWithVariable(`TEST_ATTEMPT=${spec.attemptId}`),
    async leaveBehind(installation) {
      const attemptId = randomUUID();
      const id = `pumphouse-test-attempt-${attemptId}`;
      await engine.createVolume({
        Name: id,
        Labels: labelsOf(installation === 'own' ? installationId : randomUUID(), 'attempt', {
          [labels.attempt]: attemptId,
        }),
      });
      const isThere = () =>
        engine
          .getVolume(id)
          .inspect()
          .then(
            () => true,
            () => false,
          );
      return { attemptId, kind: 'volume', id, isThere };
    },
    close: () => context.close(),
  };
}

/** The tests of each push skip slow variants that hardly differ; `npm run test:containers` runs them. */
const isShort = process.env['PUMPHOUSE_TEST_CONTAINERS'] === 'some';

for (const kind of await findInstalledEngines()) {
  describeConformance(`docker on ${kind}`, () => createHarness(kind, {}));
  if (isShort) continue;
  describeConformance(`docker on ${kind} with a disk of its own`, () =>
    createHarness(kind, { ownDisk: true }),
  );
}
