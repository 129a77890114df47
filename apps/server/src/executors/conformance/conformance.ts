/** Conformance tests that every executor must pass. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  EnvironmentBuildError,
  ExecutorError,
  type AttemptHandle,
  type AttemptSpec,
  type EnvironmentSpec,
  type Executor,
  type ListedAttempt,
} from '../executor.ts';
import type { Belonging } from '../../domain/retention/belonging.ts';
import type { AttemptBehaviour, ConformanceHarness } from './harness.ts';
import { describeApps } from './app-conformance.ts';
import { describeLocalData } from './local-data-conformance.ts';

const LONG_GRACE = { graceSeconds: 20 };
const SHORT_GRACE = { graceSeconds: 0.2 };
const WAIT = { timeout: 300_000, interval: 20 };

/** Declares the tests of one executor. */
export function describeConformance(name: string, createHarness: () => Promise<ConformanceHarness>): void {
  describe(`executor conformance: ${name}`, () => {
    let harness: ConformanceHarness;
    let executor: Executor;
    let handles: AttemptHandle[] = [];

    beforeAll(async () => {
      harness = await createHarness();
      executor = harness.createExecutor();
    });
    afterEach(async () => {
      for (const handle of handles) {
        await executor.stop(handle, { graceSeconds: 0 });
        await executor.remove(handle);
      }
      handles = [];
    });
    afterAll(() => harness.close());

    async function startAttempt(
      behaviour: AttemptBehaviour,
    ): Promise<{ spec: AttemptSpec; handle: AttemptHandle }> {
      const spec = await harness.createSpec(behaviour);
      const handle = await executor.start(spec);
      handles.push(handle);
      await harness.awaitUserCode(spec);
      return { spec, handle };
    }

    const findListed = async (spec: AttemptSpec): Promise<ListedAttempt | undefined> =>
      (await harness.createExecutor().list()).find(({ attemptId }) => attemptId === spec.attemptId);

    const awaitExit = (handle: AttemptHandle): Promise<void> =>
      expect.poll(async () => (await executor.inspect(handle)).state, WAIT).toBe('exited');

    it('is ready', async () => {
      expect(await executor.probe()).toMatchObject({ ok: true });
    });

    describe('start', () => {
      it('returns the same handle again, and starts user code once', async () => {
        const { spec, handle } = await startAttempt('ends-on-term');
        expect(await executor.start(spec)).toEqual(handle);
        expect(await harness.createExecutor().start(spec)).toEqual(handle);
        await harness.finish(spec, 0);
        await awaitExit(handle);
        expect(harness.countUserCodeStarts(spec)).toBe(1);
      });

      it('starts one attempt for concurrent calls, from one server and from two', async () => {
        const spec = await harness.createSpec('ends-on-term');
        const other = harness.createExecutor();
        const started = await Promise.all([executor.start(spec), executor.start(spec), other.start(spec)]);
        handles.push(started[0]);
        expect(started[1]).toEqual(started[0]);
        expect(started[2]).toEqual(started[0]);
        await harness.awaitUserCode(spec);
        await harness.finish(spec, 0);
        await awaitExit(started[0]);
        expect(harness.countUserCodeStarts(spec)).toBe(1);
      });

      it('returns the handle of an ended attempt, and does not run it again', async () => {
        const { spec, handle } = await startAttempt('ends-on-term');
        await harness.finish(spec, 0);
        await awaitExit(handle);
        expect(await harness.createExecutor().start(spec)).toEqual(handle);
        expect(await executor.inspect(handle)).toMatchObject({ state: 'exited' });
        expect(harness.countUserCodeStarts(spec)).toBe(1);
      });

      it('fails with a typed error and leaves nothing running', async () => {
        const { spec, kind } = await harness.createUnstartableSpec();
        const failure = await executor.start(spec).catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(ExecutorError);
        expect(failure).toMatchObject({ kind });
        expect(await harness.listProcesses(spec)).toEqual([]);
      });

      it('returns a handle that survives JSON and names its executor', async () => {
        const { handle } = await startAttempt('ends-on-term');
        expect(handle.executor).toBe(executor.name);
        const stored = JSON.parse(JSON.stringify(handle)) as AttemptHandle;
        expect(stored).toEqual(handle);
        expect(await harness.createExecutor().inspect(stored)).toEqual({ state: 'running' });
      });
    });

    describe('inspect', () => {
      it('reports how user code exited', async () => {
        const { spec, handle } = await startAttempt('ends-on-term');
        expect(await executor.inspect(handle)).toEqual({ state: 'running' });
        await harness.finish(spec, 7);
        await awaitExit(handle);
        const exit = { code: 7, signal: null, outOfMemory: null };
        expect(await executor.inspect(handle)).toEqual({ state: 'exited', exit });
      });

      it('reports missing when the attempt disappeared without an exit record', async () => {
        const { spec, handle } = await startAttempt('leaves-child');
        await harness.vanish(handle);
        await expect.poll(() => executor.inspect(handle), WAIT).toMatchObject({ state: 'missing' });
        expect(await harness.listProcesses(spec)).toEqual([]);
      });

      it('reports unknown for an attempt that it cannot see', async () => {
        const { handle } = await startAttempt('ends-on-term');
        const foreign = harness.moveElsewhere(handle);
        expect(await executor.inspect(foreign)).toMatchObject({ state: 'unknown' });
        await expect(executor.stop(foreign, SHORT_GRACE)).rejects.toMatchObject({ kind: 'backend' });
        await expect(executor.remove(foreign)).rejects.toBeInstanceOf(ExecutorError);
        expect(await executor.readSpool(foreign, 0, 100)).toBeNull();
        expect(await executor.inspect(handle)).toEqual({ state: 'running' });
      });
    });

    describe('stop', () => {
      it('lets user code end within the grace period', async () => {
        const { spec, handle } = await startAttempt('ends-on-term');
        await executor.stop(handle, LONG_GRACE);
        const exit = { code: 3, signal: null, outOfMemory: null };
        expect(await executor.inspect(handle)).toEqual({ state: 'exited', exit });
        expect(await harness.listProcesses(spec)).toEqual([]);
      });

      it('kills a process that ignores SIGTERM', async () => {
        const { spec, handle } = await startAttempt('ignores-term');
        await executor.stop(handle, SHORT_GRACE);
        const exit = { code: null, signal: 'SIGKILL', outOfMemory: null };
        expect(await executor.inspect(handle)).toEqual({ state: 'exited', exit });
        expect(await harness.listProcesses(spec)).toEqual([]);
      });

      it("ends a child that left its parent's session", async () => {
        const { spec, handle } = await startAttempt('leaves-child');
        await executor.stop(handle, LONG_GRACE);
        expect(await harness.listProcesses(spec)).toEqual([]);
      });

      it('can be called again, concurrently and later', async () => {
        const { handle } = await startAttempt('ignores-term');
        await Promise.all([executor.stop(handle, SHORT_GRACE), executor.stop(handle, SHORT_GRACE)]);
        await executor.stop(handle, SHORT_GRACE);
        expect(await executor.inspect(handle)).toMatchObject({ state: 'exited' });
      });

      it('treats a missing attempt as stopped', async () => {
        const { handle } = await startAttempt('ends-on-term');
        await harness.vanish(handle);
        await executor.stop(handle, LONG_GRACE);
        expect(await executor.inspect(handle)).toMatchObject({ state: 'missing' });
      });
    });

    describe('list and remove', () => {
      it('finds an attempt whose handle was never stored', async () => {
        const { spec, handle } = await startAttempt('ends-on-term');
        expect(await findListed(spec)).toEqual({
          attemptId: spec.attemptId,
          jobRunId: spec.jobRunId,
          handle,
        });
      });

      it('lists an ended attempt until it is removed', async () => {
        const { spec, handle } = await startAttempt('ends-on-term');
        await harness.finish(spec, 0);
        await awaitExit(handle);
        expect(await findListed(spec)).toMatchObject({ attemptId: spec.attemptId });
        await executor.remove(handle);
        expect(await findListed(spec)).toBeUndefined();
        expect(await executor.inspect(handle)).toMatchObject({ state: 'missing' });
        await executor.remove(handle);
      });

      it('rejects removing a running attempt', async () => {
        const { handle } = await startAttempt('ends-on-term');
        await expect(executor.remove(handle)).rejects.toBeInstanceOf(ExecutorError);
        expect(await executor.inspect(handle)).toEqual({ state: 'running' });
      });
    });

    describe('environments', () => {
      const build = async (spec: EnvironmentSpec) => executor.buildEnvironment(spec, () => undefined);
      const findBelonging = async (path: string, withSizes = false) =>
        (await harness.createExecutor().listBelongings({ withSizes })).find(
          ({ owner }) => owner.kind === 'environment' && owner.path === path,
        );

      it('are listed and measured until they are removed, even by another server', async () => {
        const before = Date.now();
        const spec = await harness.createEnvironmentSpec();
        const location = await build(spec);
        const own = await findBelonging(location.path);
        expect(own?.owner).toEqual({ kind: 'environment', path: location.path, key: spec.key });
        // File times are less precise than the clock.
        expect(own?.madeAt.getTime()).toBeGreaterThan(before - 2000);
        expect(await executor.measureEnvironment(location)).toBeGreaterThan(0);
        expect((await findBelonging(location.path, true))?.sizeBytes).toBeGreaterThan(0);
        await harness.createExecutor().removeEnvironment(location);
        expect(await executor.hasEnvironment(location)).toBe(false);
        expect(await findBelonging(location.path)).toBeUndefined();
        expect(await executor.measureEnvironment(location)).toBe(0);
        await executor.removeEnvironment(location);
      });

      it.each([
        {
          what: 'requirements that are nowhere',
          change: { requirements: ['nowhere @ file:///nowhere/nowhere-1.0-py3-none-any.whl'] },
          code: 'requirements_failed',
        },
        { what: 'a Python that is nowhere', change: { pythonVersion: '2.1' }, code: 'python_not_found' },
      ])(
        'fail with the error kind and leave nothing if they cannot be built: $what',
        async ({ change, code }) => {
          const spec = { ...(await harness.createEnvironmentSpec()), ...change };
          const failure = await build(spec).catch((error: unknown) => error);
          expect(failure).toBeInstanceOf(EnvironmentBuildError);
          expect(failure).toMatchObject({ code, message: expect.stringMatching(/nowhere|2\.1/) });
          const left = (await executor.listBelongings({ withSizes: false })).filter(
            ({ owner }) => (owner.kind === 'environment' || owner.kind === 'build') && owner.key === spec.key,
          );
          expect(left).toEqual([]);
        },
      );

      it('can also be removed as resources', async () => {
        const location = await build(await harness.createEnvironmentSpec());
        const own = await findBelonging(location.path);
        if (!own) throw new Error('The environment is not listed.');
        await executor.removeBelonging(own);
        expect(await executor.hasEnvironment(location)).toBe(false);
        expect(await findBelonging(location.path)).toBeUndefined();
        await executor.removeBelonging(own);
      });

      it('leave a cache, and are still built without it', async () => {
        const spec = await harness.createEnvironmentSpec();
        const { organizationId } = spec;
        const findCache = async () =>
          (await executor.listCaches()).find((one) => one.organizationId === organizationId);
        const listOwners = async () =>
          (await executor.listBelongings({ withSizes: false })).map(({ owner }) => owner);
        const first = await build(spec);
        expect(await findCache()).toMatchObject({ organizationId });
        expect(await listOwners()).toContainEqual({ kind: 'cache', organizationId });
        await executor.removeCache(organizationId);
        expect(await findCache()).toBeUndefined();
        expect(await listOwners()).not.toContainEqual({ kind: 'cache', organizationId });
        await executor.removeCache(spec.organizationId);
        const second = await build(spec);
        expect(await executor.hasEnvironment(first)).toBe(true);
        expect(await executor.hasEnvironment(second)).toBe(true);
        expect(second.path).not.toBe(first.path);
      });
    });

    describe('resources', () => {
      const listOf = async (attemptId: string): Promise<Belonging[]> =>
        (await harness.createExecutor().listBelongings({ withSizes: false })).filter(
          ({ owner }) => owner.kind === 'attempt' && owner.attemptId === attemptId,
        );

      it('of an attempt are listed with it while it runs, and not after it is removed', async () => {
        const before = Date.now();
        const { spec, handle } = await startAttempt('ends-on-term');
        const listed = await listOf(spec.attemptId);
        expect(listed).not.toEqual([]);
        for (const { madeAt } of listed) expect(madeAt.getTime()).toBeGreaterThan(before - 2000);
        expect(await executor.inspect(handle)).toEqual({ state: 'running' });
        await executor.stop(handle, LONG_GRACE);
        await executor.remove(handle);
        expect(await listOf(spec.attemptId)).toEqual([]);
      });

      it('of a running attempt can be removed: the attempt ends first, and nothing is left', async () => {
        const { spec, handle } = await startAttempt('leaves-child');
        const listed = await listOf(spec.attemptId);
        for (const belonging of listed) await executor.removeBelonging(belonging);
        expect(await listOf(spec.attemptId)).toEqual([]);
        expect(await harness.listProcesses(spec)).toEqual([]);
        expect(await executor.inspect(handle)).toMatchObject({ state: 'missing' });
        for (const belonging of listed) await executor.removeBelonging(belonging);
      });

      it('of a server killed during a start are listed, and can be removed by several callers at once', async () => {
        const left = await harness.leaveBehind('own');
        const listed = await listOf(left.attemptId);
        expect(listed).toMatchObject([{ kind: left.kind, id: left.id }]);
        expect(await left.isThere()).toBe(true);
        const others = [executor, harness.createExecutor()];
        await Promise.all(others.map((one) => one.removeBelonging(left)));
        expect(await left.isThere()).toBe(false);
        expect(await listOf(left.attemptId)).toEqual([]);
      });

      it('of another installation are neither listed nor removed', async () => {
        const left = await harness.leaveBehind('other');
        const ids = (await executor.listBelongings({ withSizes: false })).map(({ id }) => id);
        expect(ids).not.toContain(left.id);
        expect(await listOf(left.attemptId)).toEqual([]);
        await executor.removeBelonging(left);
        expect(await left.isThere()).toBe(true);
      });
    });

    describeApps(() => ({ harness, executor }));
    describeLocalData(() => ({ harness, executor }));

    describe('readSpool', () => {
      it('returns the spool in bounded chunks without gaps', async () => {
        const { spec, handle } = await startAttempt('ends-on-term');
        await harness.finish(spec, 0);
        await awaitExit(handle);
        const whole = await executor.readSpool(handle, 0, 1_000_000);
        expect(whole !== null).toBe(harness.reachesSpool);
        if (whole === null) return;
        const records = Buffer.from(whole)
          .toString('utf8')
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as { kind: string });
        expect(records.at(-1)).toMatchObject({ kind: 'exit', code: 0 });
        const pieces: Uint8Array[] = [];
        for (let offset = 0; offset < whole.length; offset += 10) {
          const piece = await executor.readSpool(handle, offset, 10);
          expect(piece).toHaveLength(Math.min(10, whole.length - offset));
          if (piece !== null) pieces.push(piece);
        }
        expect(Buffer.concat(pieces)).toEqual(Buffer.from(whole));
        expect(await executor.readSpool(handle, whole.length, 10)).toHaveLength(0);
        expect(await executor.readSpool(handle, whole.length + 5, 10)).toHaveLength(0);
      });
    });
  });
}
