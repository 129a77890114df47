/** Conformance tests for the resources that an executor has on its backend. */
import { describe, expect, it } from 'vitest';
import type { Resource } from '../../domain/retention/resource.ts';
import type { ConformanceSite } from './conformance-site.ts';

/** Declares the tests of one executor. */
export function describeInventory(site: ConformanceSite): void {
  describe('resources', () => {
    const listOf = async (attemptId: string): Promise<Resource[]> =>
      (await site.harness.createExecutor().listResources({ withSizes: false })).filter(
        ({ owner }) => owner.kind === 'attempt' && owner.attemptId === attemptId,
      );

    it('of an attempt are listed with it while it runs, and not after it is removed', async () => {
      const before = Date.now();
      const { spec, handle } = await site.attempts.start(await site.harness.createSpec('ends-on-term'));
      const listed = await listOf(spec.attemptId);
      expect(listed).not.toEqual([]);
      for (const { madeAt } of listed) expect(madeAt.getTime()).toBeGreaterThan(before - 2000);
      expect(await site.executor.inspect(handle)).toEqual({ state: 'running' });
      await site.executor.stop(handle, { graceSeconds: 20 });
      await site.executor.remove(handle);
      expect(await listOf(spec.attemptId)).toEqual([]);
    });

    it('of a running attempt can be removed: the attempt ends first, and nothing is left', async () => {
      const { spec, handle } = await site.attempts.start(await site.harness.createSpec('leaves-child'));
      const listed = await listOf(spec.attemptId);
      for (const resource of listed) await site.executor.removeResource(resource);
      expect(await listOf(spec.attemptId)).toEqual([]);
      expect(await site.harness.listProcesses(spec)).toEqual([]);
      expect(await site.executor.inspect(handle)).toMatchObject({ state: 'missing' });
      for (const resource of listed) await site.executor.removeResource(resource);
    });

    it('of a server killed during a start are listed, and can be removed by several callers at once', async () => {
      const left = await site.harness.leaveBehind('own');
      const listed = await listOf(left.attemptId);
      expect(listed).toMatchObject([{ kind: left.kind, id: left.id }]);
      expect(await left.isThere()).toBe(true);
      const others = [site.executor, site.harness.createExecutor()];
      await Promise.all(others.map((one) => one.removeResource(left)));
      expect(await left.isThere()).toBe(false);
      expect(await listOf(left.attemptId)).toEqual([]);
    });

    it('of another installation are neither listed nor removed', async () => {
      const left = await site.harness.leaveBehind('other');
      const ids = (await site.executor.listResources({ withSizes: false })).map(({ id }) => id);
      expect(ids).not.toContain(left.id);
      expect(await listOf(left.attemptId)).toEqual([]);
      await site.executor.removeResource(left);
      expect(await left.isThere()).toBe(true);
    });
  });
}
