import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findInstalledEngines } from '../../../../../testing/fixtures/container-engine.ts';
import { labelsOf } from './names.ts';
import { createEngineFixture, type EngineFixture } from './testing/engine-fixture.ts';
import { makeVolume, removeVolume } from './volumes.ts';

const volumes = 20;
const makersOfEach = 8;

describe.each(await findInstalledEngines())('on %s', (kind) => {
  let context: EngineFixture;

  beforeAll(async () => {
    context = await createEngineFixture(kind);
  });
  afterAll(() => context.close());

  it('a volume that is created concurrently exists for all callers', async () => {
    const names = Array.from({ length: volumes }, () => `pumphouse-test-volume-${randomUUID()}`);
    const labels = labelsOf(context.installationId, 'cache');
    const makers = names.flatMap((name) => Array.from({ length: makersOfEach }, () => name));
    await Promise.all(makers.map((name) => makeVolume(context.engine, name, labels)));
    for (const name of names) {
      expect((await context.engine.getVolume(name).inspect()).Labels).toEqual(labels);
      await removeVolume(context.engine, name);
    }
  });

  it('a volume that the engine rejects is an error', async () => {
    await expect(makeVolume(context.engine, 'no/name', {})).rejects.toThrow();
  });
});
