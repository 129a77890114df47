import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findInstalledEngines } from '../../../../../testing/fixtures/container-engine.ts';
import type { EnvironmentLocation } from '../contract/environment-builder.ts';
import { filterOf } from './names.ts';
import { createEngineFixture, type EngineFixture } from './testing/engine-fixture.ts';

const servedAttempt = { program: 'print("user code")', variables: {} };

describe.each(await findInstalledEngines())('the network of runs on %s', (kind) => {
  let context: EngineFixture;
  let environment: EnvironmentLocation;
  beforeAll(async () => {
    context = await createEngineFixture(kind);
    environment = await context
      .createExecutor()
      .buildEnvironment(context.describeEnvironment(), () => undefined);
  });
  afterAll(() => context?.close());

  it('is recreated when it was removed since the last check', async () => {
    const executor = context.createExecutor();
    await executor.findGateway();
    const [network] = await listNetworks(context);
    await context.engine.getNetwork(network?.Name ?? '').remove();
    expect(await listNetworks(context)).toEqual([]);

    const spec = context.describeAttempt(servedAttempt, environment);
    const handle = await executor.start(spec);
    expect(await listNetworks(context)).toMatchObject([{ Name: network?.Name }]);
    expect(await executor.findGateway()).toMatch(/^10\./);
    await executor.stop(handle, { graceSeconds: 0 });
    await executor.remove(handle);
  });
});

async function listNetworks({ engine, installationId }: EngineFixture) {
  return engine.listNetworks({ filters: filterOf(installationId, 'open') });
}
