import type { Retention } from '../services/retention/retention.ts';
import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import { parseRetention } from '../domain/retention/retention-limits.ts';
import { defineRetentionLoop, type RetentionLoopDependencies } from './retention-loop.ts';

it('follows a change of the limits, also from off and back', async () => {
  let limits = parseRetention('off');
  const purge = vi.fn<Retention['purge']>(async () => ({}));
  const removeUndoCopies = vi.fn<() => Promise<void>>(async () => undefined);
  const takeRound = vi.fn<(seconds: number) => Promise<boolean>>(async () => true);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the loop uses only these parts
  const dependencies = {
    persistence: { store: { storage: { takeRound } } },
    retention: { purge, removeLostBlobs: async () => 0 },
    removeUndoCopies,
    readLimits: () => limits,
    log: pino({ level: 'silent' }),
  } as unknown as RetentionLoopDependencies;
  const loop = defineRetentionLoop(dependencies);
  const iterate = () => loop.iterate(new AbortController().signal);
  expect(await iterate()).toBe(3_600_000);
  expect(purge).not.toHaveBeenCalled();
  expect(removeUndoCopies).toHaveBeenCalledOnce();
  limits = parseRetention('logs=60s');
  expect(await iterate()).toBe(60_000);
  expect(takeRound).toHaveBeenLastCalledWith(54);
  expect(purge).toHaveBeenLastCalledWith(expect.objectContaining({ limits }));
  limits = parseRetention('off');
  expect(await iterate()).toBe(3_600_000);
  expect(purge).toHaveBeenCalledOnce();
});
