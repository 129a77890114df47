import { describe, expect, it } from 'vitest';
import { createMachineAddresses, type ReadingPlace } from './machine-addresses.ts';

const place = {} as ReadingPlace;

/** Addresses whose readings end when the test says so. */
function createReadings() {
  const readings: PromiseWithResolvers<string[]>[] = [];
  const clock = { milliseconds: 0 };
  const list = createMachineAddresses(
    () => {
      readings.push(Promise.withResolvers<string[]>());
      return readings.at(-1)!.promise;
    },
    () => clock.milliseconds,
  );
  return { readings, clock, list: () => list(place) };
}

describe('the addresses of the engine’s machine', () => {
  it('are waited for by the first starts, which share one reading, and kept', async () => {
    const { readings, list } = createReadings();
    const both = Promise.all([list(), list()]);
    expect(readings).toHaveLength(1);
    readings[0]?.resolve(['192.0.2.1']);
    expect(await both).toEqual([['192.0.2.1'], ['192.0.2.1']]);
    expect(await list()).toEqual(['192.0.2.1']);
    expect(readings).toHaveLength(1);
  });

  it('are read again when they are old, and nobody waits for that', async () => {
    const { readings, clock, list } = createReadings();
    const first = list();
    readings[0]?.resolve(['192.0.2.1']);
    await first;
    clock.milliseconds = 60_001;
    expect(await list()).toEqual(['192.0.2.1']);
    expect(await list()).toEqual(['192.0.2.1']);
    expect(readings).toHaveLength(2);
    readings[1]?.resolve(['192.0.2.2']);
    await readings[1]?.promise;
    expect(await list()).toEqual(['192.0.2.2']);
  });

  it('are asked for again after a reading has failed', async () => {
    const { readings, list } = createReadings();
    const failed = list();
    readings[0]?.reject(new Error('The engine is gone.'));
    await expect(failed).rejects.toThrow('The engine is gone.');
    const second = list();
    readings[1]?.resolve(['192.0.2.1']);
    expect(await second).toEqual(['192.0.2.1']);
  });
});
