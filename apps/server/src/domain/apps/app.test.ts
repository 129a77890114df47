import { describe, expect, it } from 'vitest';
import {
  decideAppEnd,
  idleSecondsOf,
  deriveAppSituation,
  labelOfApp,
  listenWithinSeconds,
  readIdEnd,
} from './app.ts';

const jobId = '5f0c6c1e-8d8b-4d0e-9a53-0123456789ab';
const now = new Date('2026-03-01T12:00:00Z');
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000);

describe('the label of an app', () => {
  it.each([
    ['jobs.workspace.dashboard', 'dashboard-0123456789ab'],
    ['jobs.Sales_Overview', 'sales-overview-0123456789ab'],
    ['jobs.__x__', 'x-0123456789ab'],
    ['jobs.数据', 'app-0123456789ab'],
    [`jobs.${'a-'.repeat(60)}`, `${'a-'.repeat(20).slice(0, 39)}-0123456789ab`],
  ])('of %s is %s', (jobRef, label) => {
    expect(labelOfApp({ jobRef, jobId })).toBe(label);
    expect(readIdEnd(label)).toBe('0123456789ab');
    expect(label.length).toBeLessThanOrEqual(63);
  });

  it.each(['', '0123456789ab', '-0123456789ab', 'x-0123456789AB', 'x-0123456789abc', 'x.y-0123456789ab'])(
    'is not %j',
    (label) => expect(readIdEnd(label)).toBeNull(),
  );
});

describe('the idle time', () => {
  const declared = (timeout: number | undefined) => ({
    entry_point: { module: 'm', function: null, job_type: 'interactive' as const, launcher: 'l' },
    execute: timeout === undefined ? {} : { timeout: { timeout } },
  });

  it('is half an hour, the declared time, or none', () => {
    expect(idleSecondsOf(declared(undefined))).toBe(1800);
    expect(idleSecondsOf(declared(60))).toBe(60);
    expect(idleSecondsOf(declared(0))).toBeNull();
  });
});

describe('the situation of an app', () => {
  const listening = { status: 'running', listeningAt: ago(10) };
  const coming = { status: 'starting', listeningAt: null };
  const going = { status: 'cancelling', listeningAt: ago(10) };
  const failed = (failureCount: number, seconds: number) => ({
    status: 'failed',
    finishedAt: ago(seconds),
    failureCount,
  });

  it('is ready while an instance listens, even while a newer one starts', () => {
    expect(deriveAppSituation([coming, listening], null)).toEqual({ kind: 'ready', instance: listening });
    expect(deriveAppSituation([listening, going], null)).toEqual({ kind: 'ready', instance: listening });
  });

  it('is starting until an instance listens, and stopped when the last one ends', () => {
    expect(deriveAppSituation([coming], failed(3, 1))).toEqual({ kind: 'starting', instance: coming });
    expect(deriveAppSituation([going], null)).toEqual({ kind: 'stopped' });
    expect(deriveAppSituation([], { ...failed(1, 0), status: 'completed' })).toEqual({ kind: 'stopped' });
  });

  it.each([
    [1, 5],
    [2, 10],
    [4, 40],
    [7, 300],
    [50, 300],
  ])('has failed after %i failures, and restarts after %i s', (failures, seconds) => {
    const retryAt = new Date(now.getTime() + seconds * 1000);
    expect(deriveAppSituation([], failed(failures, 0))).toEqual({ kind: 'failed', retryAt });
  });

  it('stays failed until it restarts, however long ago it failed', () => {
    expect(deriveAppSituation([], failed(1, 3600)).kind).toBe('failed');
  });
});

describe('the end of an app', () => {
  const ages = {
    begunSeconds: 100,
    listeningSeconds: 90,
    unusedSeconds: 50,
    idleSeconds: 60,
    isReplaced: false,
  };

  it.each([
    [{}, null],
    [{ unusedSeconds: 61 }, 'idle'],
    [{ unusedSeconds: 1e6, idleSeconds: null }, null],
    [{ isReplaced: true }, 'replaced'],
    [{ listeningSeconds: null, begunSeconds: null }, null],
    [{ listeningSeconds: null, begunSeconds: listenWithinSeconds }, null],
    [{ listeningSeconds: null, begunSeconds: listenWithinSeconds + 1 }, 'silent'],
    // No visitor could have used it yet.
    [{ listeningSeconds: null, begunSeconds: 100, unusedSeconds: 100 }, null],
  ] as const)('with %j is %j', (changed, end) => {
    expect(decideAppEnd({ ...ages, ...changed })).toBe(end);
  });
});
