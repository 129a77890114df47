import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { EngineKind } from '../../../../../deploy/images/engine-command.ts';
import {
  findInstalledEngines,
  type TestEngineOptions,
} from '../../../../../testing/fixtures/container-engine.ts';
import {
  describeConformance,
  type AttemptBehaviour,
  type ConformanceHarness,
} from '../conformance/conformance.ts';
import { conformanceProgram } from '../conformance/conformance-program.ts';
import { labels, labelsOf } from './names.ts';
import { createEnginePlace } from './testing/engine-place.ts';

async function createHarness(kind: EngineKind, options: TestEngineOptions): Promise<ConformanceHarness> {
  const place = await createEnginePlace(kind, options);
  const { engine, installationId, routes } = place;
  const createExecutor = () => place.createExecutor();
  const environment = await createExecutor().buildEnvironment(place.describeEnvironment(), () => undefined);
  const createSpec = async (behaviour: AttemptBehaviour) =>
    place.describeAttempt({ program: conformanceProgram, variables: { BEHAVIOUR: behaviour } }, environment);

  return {
    reachesSpool: true,
    createExecutor,
    createSpec,
    async createUnstartableSpec() {
      const spec = await createSpec('ends-on-term');
      return {
        spec: { ...spec, environment: { ...environment, path: `${environment.path}-not` } },
        kind: 'config',
      };
    },
    createEnvironmentSpec: async () => place.describeEnvironment(),
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
    close: () => place.close(),
  };
}

/** Seen from the engine's machine, which is this one. */
async function listProcessesWithVariable(variable: string): Promise<number[]> {
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    names.map(async (name) => {
      const environment = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '');
      return environment.split('\0').includes(variable) ? Number(name) : null;
    }),
  );
  return found.filter((pid) => pid !== null);
}

for (const kind of await findInstalledEngines()) {
  describeConformance(`docker on ${kind}`, () => createHarness(kind, {}));
  describeConformance(`docker on ${kind} with a disk of its own`, () =>
    createHarness(kind, { ownDisk: true }),
  );
}
