import { randomUUID } from 'node:crypto';
import type Docker from 'dockerode';
import { expect, vi } from 'vitest';
import type { EngineKind } from '../../../../../deploy/images/engine-command.ts';
import {
  findInstalledEngines,
  type TestEngineOptions,
} from '../../../../../testing/fixtures/container-engine.ts';
import { listProcessesWithVariable } from '../../../../../testing/fixtures/run-processes.ts';
import { describeConformance } from '../conformance/conformance.ts';
import { isShort } from '../conformance/short-runs.ts';
import type { AttemptBehaviour, ConformanceHarness } from '../conformance/harness.ts';
import { conformanceProgram } from '../conformance/conformance-program.ts';
import { serveApps } from '../conformance/served-apps.ts';
import type { AttemptSpec } from '../contract/attempt-runner.ts';
import type { TemplateStatus } from '../contract/template-store.ts';
import type { Executor } from '../executor.ts';
import type { DockerExecutorOptions } from './docker-backend.ts';
import { attemptName, labels, labelsOf } from './names.ts';
import { createEngineFixture } from './testing/engine-fixture.ts';

interface DockerHarness extends ConformanceHarness {
  readonly engine: Docker;
}

async function createHarness(
  kind: EngineKind,
  options: TestEngineOptions,
  overrides: Partial<DockerExecutorOptions> = {},
): Promise<DockerHarness> {
  const context = await createEngineFixture(kind, options);
  const { engine, installationId, routes } = context;
  const createExecutor = () => context.createExecutor(overrides);
  const environment = await createExecutor().buildEnvironment(context.describeEnvironment(), () => undefined);
  const createSpec = async (behaviour: AttemptBehaviour) =>
    context.describeAttempt(
      { program: conformanceProgram, variables: { BEHAVIOUR: behaviour } },
      environment,
    );

  return {
    engine,
    reachesSpool: true,
    // An image is there for this one only.
    pythons: [context.describeEnvironment().pythonVersion],
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

const WAIT = { timeout: 300_000, interval: 20 };

/** Attempts of the suite's executor are given to slots; those of its other executors start cold. */
async function createSlotsHarness(kind: EngineKind): Promise<ConformanceHarness> {
  const executors: Executor[] = [];
  const harness = await createHarness(kind, {}, { slotsMemoryPercent: 50 });
  const createExecutor = (): Executor => {
    const executor = harness.createExecutor();
    executors.push(executor);
    return executor;
  };
  const awaitSlot = () => vi.waitUntil(() => executors[0]?.templates?.list().some(isOwn), WAIT);
  let isWarm = false;
  /** Tests of local data have slots of their own. */
  let own: AttemptSpec['localData'] = null;
  const isOwn = ({ workspaceId, profile }: TemplateStatus): boolean =>
    workspaceId === own?.workspaceId && profile === own.profile;
  return {
    ...harness,
    createExecutor,
    async createSpec(behaviour) {
      if (isWarm) await awaitSlot();
      return harness.createSpec(behaviour);
    },
    async warmUp(executor) {
      for (let start = 0; start < 2; start += 1) {
        const spec = await harness.createSpec('ends-on-term');
        own = spec.localData;
        const handle = await executor.start(spec);
        await harness.finish(spec, 0);
        await executor.stop(handle, { graceSeconds: 20 });
        await executor.remove(handle);
      }
      isWarm = true;
      await awaitSlot();
    },
    listProcesses: (spec) => listProcessesOf(harness, spec),
    async close() {
      await awaitSlot();
      const assigned = Math.max(
        ...(executors[0]?.templates?.list() ?? []).filter(isOwn).map(({ runs }) => runs),
      );
      for (const executor of executors) await executor.templates?.close();
      const remaining = await harness.engine.listContainers({ all: true });
      await harness.close();
      // Most attempts must have been given to slots, or this suite would test what the other one tests.
      expect(assigned).toBeGreaterThan(10);
      expect(remaining.filter(({ Names: [name] }) => name?.includes('slot'))).toEqual([]);
    },
  };
}

/** The variables of a process that was prepared ahead are not those of its attempt, except in its children. */
async function listProcessesOf(harness: DockerHarness, spec: AttemptSpec): Promise<number[]> {
  const found = await harness.engine
    .getContainer(attemptName(spec.attemptId))
    .inspect()
    .catch(() => null);
  const first = found?.State.Running === true ? [found.State.Pid] : [];
  return [...first, ...(await harness.listProcesses(spec))];
}

for (const kind of await findInstalledEngines()) {
  describeConformance(`docker on ${kind}`, () => createHarness(kind, {}));
  describeConformance(`docker on ${kind} with slots`, () => createSlotsHarness(kind));
  if (isShort) continue;
  describeConformance(`docker on ${kind} with a disk of its own`, () =>
    createHarness(kind, { ownDisk: true }),
  );
}
