/** Conformance tests for environments, and for the caches of their builds. */
import { describe, expect, it } from 'vitest';
import { EnvironmentBuildError, type EnvironmentSpec } from '../contract/environment-builder.ts';
import type { ConformanceSite } from './conformance-site.ts';

/** Declares the tests of one executor. */
export function describeEnvironmentBuilder(site: ConformanceSite): void {
  describe('environments', () => {
    const build = async (spec: EnvironmentSpec) => site.executor.buildEnvironment(spec, () => undefined);
    const findResource = async (path: string, withSizes = false) =>
      (await site.harness.createExecutor().listResources({ withSizes })).find(
        ({ owner }) => owner.kind === 'environment' && owner.path === path,
      );

    it('are measured, and listed by the executor unless the server has them', async ({ skip }) => {
      skip(site.harness.serverKeepsEnvironments !== true);
      const spec = await site.harness.createEnvironmentSpec();
      const location = await build(spec);
      expect(location.archive).toMatchObject({ id: spec.upload?.id, parts: 1 });
      expect(await site.harness.createExecutor().measureEnvironment(location)).toBeGreaterThan(0);
      expect(await site.harness.createExecutor().hasEnvironment(location)).toBe(true);
      expect(await findResource(location.path)).toBeUndefined();
      expect(await site.executor.listCaches()).toEqual([]);
      await site.executor.removeEnvironment(location);
      await site.executor.removeEnvironment(location);
    });

    it('are listed and measured until they are removed, even by another server', async ({ skip }) => {
      skip(site.harness.serverKeepsEnvironments === true);
      const before = Date.now();
      const spec = await site.harness.createEnvironmentSpec();
      const location = await build(spec);
      const own = await findResource(location.path);
      expect(own?.owner).toEqual({ kind: 'environment', path: location.path, key: spec.key });
      // File times are less precise than the clock.
      expect(own?.madeAt.getTime()).toBeGreaterThan(before - 2000);
      expect(await site.executor.measureEnvironment(location)).toBeGreaterThan(0);
      expect((await findResource(location.path, true))?.sizeBytes).toBeGreaterThan(0);
      await site.harness.createExecutor().removeEnvironment(location);
      expect(await site.executor.hasEnvironment(location)).toBe(false);
      expect(await findResource(location.path)).toBeUndefined();
      expect(await site.executor.measureEnvironment(location)).toBe(0);
      await site.executor.removeEnvironment(location);
    });

    it('can have each Python that is listed', async () => {
      const pythons = await site.executor.listPythons();
      expect(pythons).toContain((await site.harness.createEnvironmentSpec()).pythonVersion);
      expect(new Set(pythons).size).toBe(pythons.length);
      for (const version of pythons) expect(version).toMatch(/^3\.\d+$/);
      for (const pythonVersion of site.harness.pythons ?? pythons) {
        const location = await build({ ...(await site.harness.createEnvironmentSpec()), pythonVersion });
        await site.executor.removeEnvironment(location);
      }
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
        const spec = { ...(await site.harness.createEnvironmentSpec()), ...change };
        const failure = await build(spec).catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(EnvironmentBuildError);
        expect(failure).toMatchObject({ code, message: expect.stringMatching(/nowhere|2\.1/) });
        const left = (await site.executor.listResources({ withSizes: false })).filter(
          ({ owner }) => (owner.kind === 'environment' || owner.kind === 'build') && owner.key === spec.key,
        );
        expect(left).toEqual([]);
      },
    );

    it('can also be removed as resources', async ({ skip }) => {
      skip(site.harness.serverKeepsEnvironments === true);
      const location = await build(await site.harness.createEnvironmentSpec());
      const own = await findResource(location.path);
      if (!own) throw new Error('The environment is not listed.');
      await site.executor.removeResource(own);
      expect(await site.executor.hasEnvironment(location)).toBe(false);
      expect(await findResource(location.path)).toBeUndefined();
      await site.executor.removeResource(own);
    });

    it('leave a cache, and are still built without it', async ({ skip }) => {
      skip(site.harness.serverKeepsEnvironments === true);
      const spec = await site.harness.createEnvironmentSpec();
      const { organizationId } = spec;
      const findCache = async () =>
        (await site.executor.listCaches()).find((one) => one.organizationId === organizationId);
      const listOwners = async () =>
        (await site.executor.listResources({ withSizes: false })).map(({ owner }) => owner);
      const first = await build(spec);
      expect(await findCache()).toMatchObject({ organizationId });
      expect(await listOwners()).toContainEqual({ kind: 'cache', organizationId });
      await site.executor.removeCache(organizationId);
      expect(await findCache()).toBeUndefined();
      expect(await listOwners()).not.toContainEqual({ kind: 'cache', organizationId });
      await site.executor.removeCache(spec.organizationId);
      const second = await build(spec);
      expect(await site.executor.hasEnvironment(first)).toBe(true);
      expect(await site.executor.hasEnvironment(second)).toBe(true);
      expect(second.path).not.toBe(first.path);
    });
  });
}
