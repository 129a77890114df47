/** Conformance tests for attempts: start, inspect, stop, list and remove, and their spool. */
import { describe, expect, it } from 'vitest';
import type { AttemptHandle } from '../contract/attempt-handle.ts';
import type { AttemptSpec, ListedAttempt } from '../contract/attempt-runner.ts';
import { ExecutorError } from '../contract/executor-error.ts';
import type { ConformanceSite } from './conformance-site.ts';
import type { AttemptBehaviour } from './harness.ts';

const LONG_GRACE = { graceSeconds: 20 };
const SHORT_GRACE = { graceSeconds: 0.2 };
const WAIT = { timeout: 300_000, interval: 20 };

/** Declares the tests of one executor. */
export function describeAttemptRunner(site: ConformanceSite): void {
  const startAttempt = async (behaviour: AttemptBehaviour) =>
    site.attempts.start(await site.harness.createSpec(behaviour));

  const findListed = async (spec: AttemptSpec): Promise<ListedAttempt | undefined> =>
    (await site.harness.createExecutor().list()).find(({ attemptId }) => attemptId === spec.attemptId);

  const awaitExit = (handle: AttemptHandle): Promise<void> =>
    expect.poll(async () => (await site.executor.inspect(handle)).state, WAIT).toBe('exited');

  describe('start', () => {
    it('returns the same handle again, and starts user code once', async () => {
      const { spec, handle } = await startAttempt('ends-on-term');
      expect(await site.executor.start(spec)).toEqual(handle);
      expect(await site.harness.createExecutor().start(spec)).toEqual(handle);
      await site.harness.finish(spec, 0);
      await awaitExit(handle);
      expect(site.harness.countUserCodeStarts(spec)).toBe(1);
    });

    it('starts one attempt for concurrent calls, from one server and from two', async () => {
      const spec = await site.harness.createSpec('ends-on-term');
      const other = site.harness.createExecutor();
      const started = await Promise.all([
        site.executor.start(spec),
        site.executor.start(spec),
        other.start(spec),
      ]);
      site.attempts.add(started[0]);
      expect(started[1]).toEqual(started[0]);
      expect(started[2]).toEqual(started[0]);
      await site.harness.awaitUserCode(spec);
      await site.harness.finish(spec, 0);
      await awaitExit(started[0]);
      expect(site.harness.countUserCodeStarts(spec)).toBe(1);
    });

    it('returns the handle of an ended attempt, and does not run it again', async () => {
      const { spec, handle } = await startAttempt('ends-on-term');
      await site.harness.finish(spec, 0);
      await awaitExit(handle);
      expect(await site.harness.createExecutor().start(spec)).toEqual(handle);
      expect(await site.executor.inspect(handle)).toMatchObject({ state: 'exited' });
      expect(site.harness.countUserCodeStarts(spec)).toBe(1);
    });

    it('fails with a typed error and leaves nothing running', async () => {
      const { spec, kind } = await site.harness.createUnstartableSpec();
      const failure = await site.executor.start(spec).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(ExecutorError);
      expect(failure).toMatchObject({ kind });
      expect(await site.harness.listProcesses(spec)).toEqual([]);
    });

    it('returns a handle that survives JSON and names its executor', async () => {
      const { handle } = await startAttempt('ends-on-term');
      expect(handle.executor).toBe(site.executor.name);
      const stored = JSON.parse(JSON.stringify(handle)) as AttemptHandle;
      expect(stored).toEqual(handle);
      expect(await site.harness.createExecutor().inspect(stored)).toEqual({ state: 'running' });
    });
  });

  describe('inspect', () => {
    it('reports how user code exited', async () => {
      const { spec, handle } = await startAttempt('ends-on-term');
      expect(await site.executor.inspect(handle)).toEqual({ state: 'running' });
      await site.harness.finish(spec, 7);
      await awaitExit(handle);
      const exit = { code: 7, signal: null, outOfMemory: null };
      expect(await site.executor.inspect(handle)).toEqual({ state: 'exited', exit });
    });

    it('reports missing when the attempt disappeared without an exit record', async () => {
      const { spec, handle } = await startAttempt('leaves-child');
      await site.harness.vanish(handle);
      await expect.poll(() => site.executor.inspect(handle), WAIT).toMatchObject({ state: 'missing' });
      expect(await site.harness.listProcesses(spec)).toEqual([]);
    });

    it('reports unknown for an attempt that it cannot see', async () => {
      const { handle } = await startAttempt('ends-on-term');
      const foreign = site.harness.moveElsewhere(handle);
      expect(await site.executor.inspect(foreign)).toMatchObject({ state: 'unknown' });
      await expect(site.executor.stop(foreign, SHORT_GRACE)).rejects.toMatchObject({ kind: 'backend' });
      await expect(site.executor.remove(foreign)).rejects.toBeInstanceOf(ExecutorError);
      expect(await site.executor.readSpool(foreign, 0, 100)).toBeNull();
      expect(await site.executor.inspect(handle)).toEqual({ state: 'running' });
    });
  });

  describe('stop', () => {
    it('lets user code end within the grace period', async () => {
      const { spec, handle } = await startAttempt('ends-on-term');
      await site.executor.stop(handle, LONG_GRACE);
      const exit = { code: 3, signal: null, outOfMemory: null };
      expect(await site.executor.inspect(handle)).toEqual({ state: 'exited', exit });
      expect(await site.harness.listProcesses(spec)).toEqual([]);
    });

    it('kills a process that ignores SIGTERM', async () => {
      const { spec, handle } = await startAttempt('ignores-term');
      await site.executor.stop(handle, SHORT_GRACE);
      const exit = { code: null, signal: 'SIGKILL', outOfMemory: null };
      expect(await site.executor.inspect(handle)).toEqual({ state: 'exited', exit });
      expect(await site.harness.listProcesses(spec)).toEqual([]);
    });

    it("ends a child that left its parent's session", async () => {
      const { spec, handle } = await startAttempt('leaves-child');
      await site.executor.stop(handle, LONG_GRACE);
      expect(await site.harness.listProcesses(spec)).toEqual([]);
    });

    it('can be called again, concurrently and later', async () => {
      const { handle } = await startAttempt('ignores-term');
      await Promise.all([site.executor.stop(handle, SHORT_GRACE), site.executor.stop(handle, SHORT_GRACE)]);
      await site.executor.stop(handle, SHORT_GRACE);
      expect(await site.executor.inspect(handle)).toMatchObject({ state: 'exited' });
    });

    it('treats a missing attempt as stopped', async () => {
      const { handle } = await startAttempt('ends-on-term');
      await site.harness.vanish(handle);
      await site.executor.stop(handle, LONG_GRACE);
      expect(await site.executor.inspect(handle)).toMatchObject({ state: 'missing' });
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
      await site.harness.finish(spec, 0);
      await awaitExit(handle);
      expect(await findListed(spec)).toMatchObject({ attemptId: spec.attemptId });
      await site.executor.remove(handle);
      expect(await findListed(spec)).toBeUndefined();
      expect(await site.executor.inspect(handle)).toMatchObject({ state: 'missing' });
      await site.executor.remove(handle);
    });

    it('rejects removing a running attempt', async () => {
      const { handle } = await startAttempt('ends-on-term');
      await expect(site.executor.remove(handle)).rejects.toBeInstanceOf(ExecutorError);
      expect(await site.executor.inspect(handle)).toEqual({ state: 'running' });
    });
  });

  describe('readSpool', () => {
    it('returns the spool in bounded chunks without gaps', async () => {
      const { spec, handle } = await startAttempt('ends-on-term');
      await site.harness.finish(spec, 0);
      await awaitExit(handle);
      const whole = await site.executor.readSpool(handle, 0, 1_000_000);
      expect(whole !== null).toBe(site.harness.reachesSpool);
      if (whole === null) return;
      const records = Buffer.from(whole)
        .toString('utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { kind: string });
      expect(records.at(-1)).toMatchObject({ kind: 'exit', code: 0 });
      const pieces: Uint8Array[] = [];
      for (let offset = 0; offset < whole.length; offset += 10) {
        const piece = await site.executor.readSpool(handle, offset, 10);
        expect(piece).toHaveLength(Math.min(10, whole.length - offset));
        if (piece !== null) pieces.push(piece);
      }
      expect(Buffer.concat(pieces)).toEqual(Buffer.from(whole));
      expect(await site.executor.readSpool(handle, whole.length, 10)).toHaveLength(0);
      expect(await site.executor.readSpool(handle, whole.length + 5, 10)).toHaveLength(0);
    });
  });
}
