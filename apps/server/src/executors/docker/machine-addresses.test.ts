import { describe, expect, it } from 'vitest';
import type { ShortContainerHost } from './short-container.ts';
import { createMachineAddresses } from './machine-addresses.ts';

const host = {} as ShortContainerHost;

/** Creates an address cache whose readings finish when the test decides. */
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
  return { readings, clock, list: () => list(host) };
}

describe('the addresses of the engine’s machine', () => {
  it('> make the first starts wait for one shared reading, and are cached', async () => {
    const { readings, list } = createReadings();
    const both = Promise.all([list(), list()]);
    expect(readings).toHaveLength(1);
    readings[0]?.resolve(['192.0.2.1']);
    expect(await both).toEqual([['192.0.2.1'], ['192.0.2.1']]);
    expect(await list()).toEqual(['192.0.2.1']);
    expect(readings).toHaveLength(1);
  });

  it('> are refreshed in the background once they are old', async () => {
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

  it('are waited for again when they are too old to use', async () => {
    const { readings, clock, list } = createReadings();
    const first = list();
    readings[0]?.resolve(['192.0.2.1']);
    await first;
    clock.milliseconds = 600_001;
    const second = list();
    readings[1]?.resolve(['192.0.2.2']);
    expect(await second).toEqual(['192.0.2.2']);
  });

  it('> are read again after a failed reading', async () => {
    const { readings, list } = createReadings();
    const failed = list();
    readings[0]?.reject(new Error('The engine is gone.'));
    await expect(failed).rejects.toThrow('The engine is gone.');
    const second = list();
    readings[1]?.resolve(['192.0.2.1']);
    expect(await second).toEqual(['192.0.2.1']);
  });
});
