import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { findInstalledEngines } from '../../../../../../testing/fixtures/container-engine.ts';
import { conformanceProgram } from '../../conformance/conformance-program.ts';
import type { AttemptHandle } from '../../contract/attempt-handle.ts';
import type { AttemptSpec } from '../../contract/attempt-runner.ts';
import type { EnvironmentLocation } from '../../contract/environment-builder.ts';
import type { FaultPoints } from '../../../platform/fault-points.ts';
import type { Resource } from '../../../domain/retention/resource.ts';
import type { DockerExecutor } from '../docker-executor.ts';
import { attemptName, labels } from '../names.ts';
import { createEngineFixture, type EngineFixture } from '../testing/engine-fixture.ts';

const WAIT = { timeout: 300_000, interval: 20 };
const GRACE = { graceSeconds: 20 };

for (const kind of await findInstalledEngines()) {
  describe(`slots of containers on ${kind}`, () => {
    let context: EngineFixture;
    let environment: EnvironmentLocation;
    const executors: DockerExecutor[] = [];

    beforeAll(async () => {
      context = await createEngineFixture(kind);
      environment = await context
        .createExecutor()
        .buildEnvironment(context.describeEnvironment(), () => undefined);
    }, 300_000);
    afterEach(async () => {
      for (const executor of executors.splice(0)) await executor.templates?.close();
    });
    afterAll(() => context.close());

    const createExecutor = (faultPoints?: FaultPoints): DockerExecutor => {
      const executor = context.createExecutor({
        slotsMemoryPercent: 50,
        ...(faultPoints === undefined ? {} : { faultPoints }),
      });
      executors.push(executor);
      return executor;
    };
    const createSpec = (variables: Record<string, string> = {}): AttemptSpec =>
      context.describeAttempt(
        { program: conformanceProgram, variables: { BEHAVIOUR: 'ends-on-term', ...variables } },
        environment,
      );
    const countSlots = (executor: DockerExecutor) => executor.templates?.list().length;
    const countAssigned = (executor: DockerExecutor) => executor.templates?.list()[0]?.runs;

    const finish = async (executor: DockerExecutor, spec: AttemptSpec, handle: AttemptHandle) => {
      await context.routes.awaitUserCode(spec.attemptId);
      context.routes.finish(spec.attemptId, 0);
      await vi.waitUntil(async () => (await executor.inspect(handle)).state === 'exited', WAIT);
    };
    const run = async (executor: DockerExecutor, spec = createSpec()): Promise<void> => {
      const handle = await executor.start(spec);
      await finish(executor, spec, handle);
      await executor.remove(handle);
    };
    /** An executor with a slot. */
    const createWarm = async (faultPoints?: FaultPoints): Promise<DockerExecutor> => {
      const executor = createExecutor(faultPoints);
      for (let start = 0; start < 2; start += 1) await run(executor);
      await vi.waitUntil(() => countSlots(executor) === 1, WAIT);
      return executor;
    };
    const isSlot = async ({ attemptId }: AttemptSpec): Promise<boolean> => {
      const { Config: config } = await context.engine.getContainer(attemptName(attemptId)).inspect();
      return config.Labels[labels.slot] !== undefined;
    };
    const findSlotContainer = async () => {
      const containers = await context.engine.listContainers({ all: true });
      const found = containers.find(({ Names: [name = ''] }) => name.startsWith('/pumphouse-slot-'));
      if (found === undefined) throw new Error('no slot waits');
      return context.engine.getContainer(found.Id);
    };
    const listSlotResources = async (executor: DockerExecutor): Promise<Resource[]> => {
      const resources = await executor.listResources({ withSizes: false });
      return resources.filter(({ id }) => id.includes('slot'));
    };

    it('gives the third run to a container that has waited for it, and prepares the next', async () => {
      const executor = await createWarm();
      const spec = createSpec();
      const handle = await executor.start(spec);
      expect(await isSlot(spec)).toBe(true);
      expect(await createExecutor().list()).toEqual([
        { attemptId: spec.attemptId, jobRunId: spec.jobRunId, handle },
      ]);
      const owners = (await listSlotResources(executor)).map(({ owner }) => owner);
      // On a busy machine, the next slot is there already.
      expect(owners.filter((owner) => owner.kind === 'attempt')).toEqual([
        { kind: 'attempt', attemptId: spec.attemptId },
      ]);
      await finish(executor, spec, handle);
      expect(context.routes.countUserCodeStarts(spec.attemptId)).toBe(1);
      await executor.remove(handle);
      await vi.waitUntil(() => countSlots(executor) === 1, WAIT);
      expect(countAssigned(executor)).toBe(1);
      expect(await listSlotResources(executor)).toMatchObject([
        { kind: 'container', owner: { kind: 'installation' } },
        { kind: 'volume', owner: { kind: 'installation' } },
      ]);
      await executor.templates?.close();
      expect(await listSlotResources(executor)).toEqual([]);
    });

    it('serves no attempt that differs in what a container cannot change', async () => {
      const executor = await createWarm();
      const spec = createSpec();
      for (const other of [
        { ...spec, workFolderName: 'another' },
        { ...spec, limits: { ...spec.limits, cpus: 0.5 } },
        { ...spec, localData: null },
      ]) {
        const own = createSpec();
        await run(executor, { ...other, attemptId: own.attemptId, bootstrapSecret: own.bootstrapSecret });
      }
      expect(countSlots(executor)).toBe(1);
      await executor.templates?.close();
    });

    it('starts a run in another container when its slot has died', async () => {
      const executor = await createWarm();
      await (await findSlotContainer()).kill({ signal: 'SIGKILL' });
      const spec = createSpec();
      const handle = await executor.start(spec);
      await finish(executor, spec, handle);
      await executor.remove(handle);
      await executor.templates?.close();
      expect(await listSlotResources(executor)).toEqual([]);
    });

    it('starts a run in another container when its slot dies during the assignment', async () => {
      const executor = await createWarm({
        async reach(name) {
          if (name !== 'in-slot-assignment') return;
          await context.engine.getContainer(attemptName(spec.attemptId)).kill({ signal: 'SIGKILL' });
        },
      });
      const spec = createSpec();
      const handle = await executor.start(spec);
      expect(await isSlot(spec)).toBe(false);
      await finish(executor, spec, handle);
      expect(context.routes.countUserCodeStarts(spec.attemptId)).toBe(1);
      await executor.remove(handle);
      await executor.templates?.close();
    });

    it('starts a run once when its server stops between name and hand-over', async () => {
      const stopped = Promise.withResolvers<void>();
      const goesOn = Promise.withResolvers<void>();
      const executor = await createWarm({
        async reach(name) {
          if (name !== 'in-slot-assignment') return;
          stopped.resolve();
          await goesOn.promise;
        },
      });
      const spec = createSpec();
      const first = executor.start(spec);
      await stopped.promise;
      const other = context.createExecutor();
      const handle = await other.start(spec);
      expect(await isSlot(spec)).toBe(false);
      goesOn.resolve();
      expect(await first).toEqual(handle);
      await finish(other, spec, handle);
      expect(context.routes.countUserCodeStarts(spec.attemptId)).toBe(1);
      await other.remove(handle);
      await executor.templates?.close();
      expect(await listSlotResources(executor)).toEqual([]);
    });

    it('leaves a run that has its slot to the server that takes over', async () => {
      const executor = await createWarm();
      const spec = createSpec();
      const handle = await executor.start(spec);
      await context.routes.awaitUserCode(spec.attemptId);
      expect(await createExecutor().start(spec)).toEqual(handle);
      expect(await isSlot(spec)).toBe(true);
      await executor.templates?.close();
      expect(await executor.inspect(handle)).toEqual({ state: 'running' });
      await createExecutor().stop(handle, GRACE);
      expect(await executor.inspect(handle)).toMatchObject({ state: 'exited', exit: { code: 3 } });
      await executor.remove(handle);
      expect(await listSlotResources(executor)).toEqual([]);
    });

    it('goes away with its environment', async () => {
      const executor = await createWarm();
      await executor.removeEnvironment(environment);
      expect(countSlots(executor)).toBe(0);
      expect(await executor.hasEnvironment(environment)).toBe(false);
    });
  });
}
