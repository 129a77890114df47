import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { LoopStatus } from '../platform/loops.ts';
import type { Load } from '../services/runs/read-load.ts';
import { createFakeExecutor } from '../executors/fake/fake-executor.ts';
import { checkReadiness, type ReadinessSources } from './check-readiness.ts';

const never = () => new Promise<never>(() => undefined);
const persistence = (ping: () => Promise<unknown>) =>
  ({ store: { installation: { ping } } }) as unknown as ReadinessSources['persistence'];
const inTime = { seconds: 0, isBehind: false };

const pool = { pending: 0, active: 0, slots: 4, free: 4, demand: 0 };
const load: Load = {
  batch: pool,
  apps: pool,
  unknown: 0,
  longestWait: null,
  problems: [],
  waiting: [],
  states: [],
  workers: 0,
  silent: 0,
};

const loop = (changed: Partial<LoopStatus> = {}): LoopStatus => ({
  name: 'supervisor',
  intervalMs: 1000,
  readyWithinMs: 30_000,
  startedAt: new Date(),
  lastSuccessAt: new Date(),
  failureCount: 0,
  ...changed,
});

function describeServer(changed: Partial<ReadinessSources> = {}): ReadinessSources {
  return {
    persistence: persistence(async () => undefined),
    dataDir: '/nowhere',
    executor: null,
    listLoops: () => [loop()],
    schedules: true,
    readTickLag: async () => inTime,
    findRunsProblem: async () => null,
    checkBlobs: async () => undefined,
    readLoad: async () => load,
    ...changed,
  };
}

const check = async (changed?: Partial<ReadinessSources>): Promise<string[]> =>
  (await checkReadiness(describeServer(changed))).reasons;

// Concurrent, because some wait for real timeouts.
describe.concurrent('a server', () => {
  it('is ready when everything that it needs answers', async () => {
    expect(await check({ dataDir: tmpdir(), executor: createFakeExecutor() })).toEqual([]);
  });

  it.each([
    ['a store', { persistence: persistence(never) }, /^store: it has not answered for 1.5 s$/],
    [
      'an engine',
      { dataDir: tmpdir(), executor: { ...createFakeExecutor(), probe: never } },
      /^executor: it has not answered for 5 s/,
    ],
    ['a way for runs', { findRunsProblem: never }, /^runs: .* not answered for 5 s/],
    ['a store of blobs', { checkBlobs: never }, /^blobs: it has not answered for 5 s/],
  ])('reports %s that hangs', async (_, changed, text) => {
    expect(await check(changed)).toEqual([expect.stringMatching(text)]);
  });

  it('does not depend on an executor that it does not use', async () => {
    expect(await check({ executor: null })).toEqual([]);
  });

  it('says what starts wait for', async () => {
    expect(await check({ executor: createFakeExecutor() })).toEqual([
      'executor: The server cannot write to its data folder (ENOENT): bin/pumphouse doctor says what to do.',
    ]);
  });

  it('says why blobs cannot be read', async () => {
    const checkBlobs = () => Promise.reject(new Error('There is no bucket shop'));
    expect(await check({ checkBlobs })).toEqual(['blobs: There is no bucket shop']);
  });

  it('is degraded while ticks fall behind, and not ready if it is a scheduler that does not catch up', async () => {
    const readAt = (seconds: number, schedules: boolean) =>
      checkReadiness(
        describeServer({ schedules, readTickLag: async () => ({ seconds, isBehind: seconds > 30 }) }),
      );
    const behind = [expect.stringMatching(/^ticks are 31 s behind: no server/)];
    expect(await readAt(31, true)).toMatchObject({ ok: true, reasons: [], degraded: behind });
    expect(await readAt(30, true)).toMatchObject({ ok: true, degraded: [] });
    const reasons = [expect.stringMatching(/^scheduler: ticks are 301 s behind/)];
    expect(await readAt(301, true)).toMatchObject({ ok: false, reasons });
    expect(await readAt(301, false)).toMatchObject({ ok: true, reasons: [], degraded: [expect.anything()] });
  });

  it('stays ready while runs wait long, and reports them', async () => {
    const busy = { ...load, problems: ['3 batch runs are pending, for 400 s at most'] };
    const answer = await checkReadiness(describeServer({ readLoad: async () => busy }));
    expect(answer).toEqual({
      ok: true,
      reasons: [],
      degraded: busy.problems,
      load: busy,
      ticks: inTime,
      disk: null,
    });
  });

  it('is degraded while its disk has too little space', async () => {
    const { degraded, disk } = await checkReadiness(describeServer({ dataDir: '/proc' }));
    expect(disk).toEqual({ freeBytes: 0, sizeBytes: 0 });
    expect(degraded).toEqual([
      'the disk of the data folder has only 0 B of 0 B free: bin/pumphouse doctor says what can be removed',
    ]);
  });

  it.each([
    ['stands still', never],
    ['fails', () => Promise.reject(new Error('The store is gone.'))],
  ])('is given without the load if reading it %s', async (_, readLoad) => {
    expect(await checkReadiness(describeServer({ readLoad }))).toEqual({
      ok: true,
      reasons: [],
      degraded: [],
      load: null,
      ticks: inTime,
      disk: null,
    });
  });

  it('names each loop that is silent for too long', async () => {
    const longAgo = new Date(Date.now() - 31_000);
    const loops = [
      loop({ name: 'supervisor', lastSuccessAt: longAgo }),
      loop({ name: 'scheduler', startedAt: longAgo, lastSuccessAt: null }),
      loop({ name: 'queue', lastSuccessAt: null }),
      loop({ name: 'retention', lastSuccessAt: longAgo, readyWithinMs: null }),
    ];
    expect(await check({ listLoops: () => loops })).toEqual([
      'supervisor: no iteration succeeded for 30 s',
      'scheduler: no iteration succeeded for 30 s',
    ]);
  });

  it('is not ready before its loops have started', async () => {
    expect(await check({ listLoops: () => null })).toEqual(['server: it is still starting']);
  });
});
