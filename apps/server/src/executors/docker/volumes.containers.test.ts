import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findInstalledEngines } from '../../../../../testing/fixtures/container-engine.ts';
import { labelsOf } from './names.ts';
import { createEnginePlace, type EnginePlace } from './testing/engine-place.ts';
import { makeVolume, removeVolume } from './volumes.ts';

const volumes = 20;
const makersOfEach = 8;

describe.each(await findInstalledEngines())('on %s', (kind) => {
  let place: EnginePlace;

  beforeAll(async () => {
    place = await createEnginePlace(kind);
  });
  afterAll(() => place.close());

  it('a volume that is created concurrently exists for all callers', async () => {
    const names = Array.from({ length: volumes }, () => `pumphouse-test-volume-${randomUUID()}`);
    const labels = labelsOf(place.installationId, 'cache');
    const makers = names.flatMap((name) => Array.from({ length: makersOfEach }, () => name));
    await Promise.all(makers.map((name) => makeVolume(place.engine, name, labels)));
    for (const name of names) {
      expect((await place.engine.getVolume(name).inspect()).Labels).toEqual(labels);
      await removeVolume(place.engine, name);
    }
  });

  it('a volume that the engine rejects is an error', async () => {
    await expect(makeVolume(place.engine, 'no/name', {})).rejects.toThrow();
  });
});
