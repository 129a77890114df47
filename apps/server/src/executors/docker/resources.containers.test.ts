import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findInstalledEngines } from '../../../../../testing/fixtures/container-engine.ts';
import type { FaultPointName, FaultPoints } from '../../platform/fault-points.ts';
import { conformanceProgram } from '../conformance/conformance-program.ts';
import type { EnvironmentLocation } from '../contract/environment-builder.ts';
import { filterOf } from './names.ts';
import {
  createEngineFixture,
  createInstallation,
  type EngineInstallation,
  type EngineFixture,
} from './testing/engine-fixture.ts';

/** A server that pauses at a fault point, like one that was killed there. */
function standStillAt(point: FaultPointName) {
  const reached = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const faultPoints: FaultPoints = {
    async reach(name) {
      if (name !== point) return;
      reached.resolve();
      await goOn.promise;
    },
  };
  return { faultPoints, reached: reached.promise, goOn: () => goOn.resolve() };
}

describe.each(await findInstalledEngines())('on %s', (kind) => {
  let own: EngineFixture;
  let other: EngineInstallation;

  beforeAll(async () => {
    own = await createEngineFixture(kind);
    other = await createInstallation(own.testEngine, own.routes);
  });
  afterAll(() => own.close());

  /** Containers of an installation, queried from the engine directly. */
  const listContainers = async ({ installationId }: EngineInstallation) => {
    const filters = filterOf(installationId);
    const containers = await own.engine.listContainers({ all: true, filters });
    return containers.flatMap(({ Names: names }) => names);
  };
  const listVolumes = async ({ installationId }: EngineInstallation) =>
    (await own.engine.listVolumes({ filters: filterOf(installationId) })).Volumes.map(
      ({ Name: name }) => name,
    );
  const listNetworks = async ({ installationId }: EngineInstallation) =>
    (await own.engine.listNetworks({ filters: filterOf(installationId) })).map(({ Name: name }) => name);

  const buildEnvironment = (installation: EngineInstallation) =>
    installation.createExecutor().buildEnvironment(installation.describeEnvironment(), () => undefined);

  /** Leaves what a server leaves that is killed between creating a container and starting it. */
  async function leaveHalfMade(installation: EngineInstallation, environment: EnvironmentLocation) {
    const still = standStillAt('in-attempt-preparation');
    const served = { program: conformanceProgram, variables: { BEHAVIOUR: 'ends-on-term' } };
    const spec = installation.describeAttempt(served, environment);
    const start = installation.createExecutor({ faultPoints: still.faultPoints }).start(spec);
    start.catch(() => undefined);
    await still.reached;
    return { spec, start, goOn: still.goOn };
  }

  /** Leaves what a server leaves that is killed at the end of a build. */
  async function leaveHalfBuilt(installation: EngineInstallation): Promise<string> {
    const still = standStillAt('before-environment-complete');
    const spec = installation.describeEnvironment();
    void installation
      .createExecutor({ faultPoints: still.faultPoints })
      .buildEnvironment(spec, () => undefined);
    await still.reached;
    return spec.key;
  }

  it('a container that a server created but never started is recreated by the next one, and its user code starts once', async () => {
    const half = await leaveHalfMade(own, await buildEnvironment(own));
    const { attemptId } = half.spec;
    const next = own.createExecutor();
    expect((await next.list()).map((one) => one.attemptId)).toEqual([attemptId]);
    const handle = await next.start(half.spec);
    await own.routes.awaitUserCode(attemptId);
    // The first server was not dead, only suspended.
    half.goOn();
    expect(await half.start).toEqual(handle);
    expect(await next.inspect(handle)).toEqual({ state: 'running' });
    await next.stop(handle, { graceSeconds: 1 });
    expect(own.routes.countUserCodeStarts(attemptId)).toBe(1);
    await next.remove(handle);
    expect(await listContainers(own)).toEqual([]);
  });

  it('incomplete resources are listed with their owner and removed; shared ones and those of other installations stay', async () => {
    const environment = await buildEnvironment(own);
    const { spec } = await leaveHalfMade(own, environment);
    const key = await leaveHalfBuilt(own);
    const others = await leaveHalfMade(other, await buildEnvironment(other));
    await leaveHalfBuilt(other);
    const listOther = async () =>
      [
        ...(await listContainers(other)),
        ...(await listVolumes(other)),
        ...(await listNetworks(other)),
      ].toSorted();
    const before = await listOther();

    const executor = own.createExecutor();
    const listed = await executor.listResources({ withSizes: false });
    const halfMade = listed.filter(
      ({ owner }) => owner.kind === 'attempt' && owner.attemptId === spec.attemptId,
    );
    expect(halfMade.map((one) => one.kind)).toEqual(['container', 'volume']);
    const ofBuild = listed.filter(({ owner }) => owner.kind === 'build' && owner.key === key);
    expect(ofBuild.map((one) => one.kind)).toEqual(['container', 'volume']);
    const halfBuilt = listed.filter(({ owner }) => owner.kind === 'environment' && owner.key === key);
    expect(halfBuilt.map((one) => one.kind)).toEqual(['volume']);
    for (const resource of [...halfMade, ...ofBuild, ...halfBuilt]) await executor.removeResource(resource);

    expect(await listContainers(own)).toEqual([]);
    const kept = (await executor.listResources({ withSizes: false })).map((one) => one.owner.kind);
    expect(new Set(kept)).toEqual(new Set(['installation', 'environment', 'cache', 'local-data']));
    expect(await listNetworks(own)).toHaveLength(1);
    expect((await listVolumes(own)).filter((name) => name.endsWith('-engine'))).toHaveLength(1);
    expect(await executor.hasEnvironment(environment)).toBe(true);

    for (const resource of await other.createExecutor().listResources({ withSizes: false }))
      await executor.removeResource(resource);
    expect(await listOther()).toEqual(before);
    expect((await other.createExecutor().list()).map((one) => one.attemptId)).toEqual([
      others.spec.attemptId,
    ]);
  });
});
