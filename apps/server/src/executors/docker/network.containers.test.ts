import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findInstalledEngines } from '../../../../../testing/fixtures/container-engine.ts';
import type { EnvironmentLocation } from '../contract/environment-builder.ts';
import { filterOf } from './names.ts';
import { createEnginePlace, type EnginePlace } from './testing/engine-place.ts';

const servedAttempt = { program: 'print("user code")', variables: {} };

describe.each(await findInstalledEngines())('the network of runs on %s', (kind) => {
  let place: EnginePlace;
  let environment: EnvironmentLocation;
  beforeAll(async () => {
    place = await createEnginePlace(kind);
    environment = await place.createExecutor().buildEnvironment(place.describeEnvironment(), () => undefined);
  });
  afterAll(() => place?.close());

  it('is recreated when it was removed since the last check', async () => {
    const executor = place.createExecutor();
    await executor.findGateway();
    const [network] = await listNetworks(place);
    await place.engine.getNetwork(network?.Name ?? '').remove();
    expect(await listNetworks(place)).toEqual([]);

    const spec = place.describeAttempt(servedAttempt, environment);
    const handle = await executor.start(spec);
    expect(await listNetworks(place)).toMatchObject([{ Name: network?.Name }]);
    expect(await executor.findGateway()).toMatch(/^10\./);
    await executor.stop(handle, { graceSeconds: 0 });
    await executor.remove(handle);
  });
});

async function listNetworks({ engine, installationId }: EnginePlace) {
  return engine.listNetworks({ filters: filterOf(installationId, 'open') });
}
