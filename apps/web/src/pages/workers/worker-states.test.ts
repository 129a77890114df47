import type { WorkerResponse } from '@pumphouse/contract';
import { describe, expect, it } from 'vitest';
import { describeLabels, describeLoad, explainWorkerState, workerAppearance } from './worker-states.ts';

const worker: WorkerResponse = {
  id: '00000000-0000-4000-8000-000000000001',
  name: 'edge-1',
  is_shared: false,
  state: 'connected',
  mode: 'active',
  labels: {},
  executor: 'process',
  version: '0.1.0',
  host_name: 'edge',
  active_runs: 0,
  batch_slots: 8,
  app_slots: 4,
  last_seen_at: '2026-11-29T12:00:00Z',
  created_at: '2026-11-29T12:00:00Z',
};

describe('a worker', () => {
  it.each([
    [{}, null],
    [{ state: 'never-connected' }, /with its token/],
    [{ state: 'lost' }, /Start it/],
    [{ state: 'lost', mode: 'paused' }, /stays paused/],
    [{ state: 'lost', active_runs: 1 }, /its 1 active run is unknown/],
    [{ state: 'lost', active_runs: 2 }, /its 2 active runs are unknown/],
    [{ state: 'paused' }, /no new runs/],
    [{ state: 'draining' }, /ends after its last/],
  ] as const)('that is %j is explained', (changed, text) => {
    const explained = explainWorkerState({ ...worker, ...changed });
    if (text === null) expect(explained).toBeNull();
    else expect(explained).toMatch(text);
  });

  it('of a newer server has an unknown state', () => {
    expect(workerAppearance('asleep').word).toBe('Unknown');
  });

  it('shows its labels by name', () => {
    expect(describeLabels({})).toBe('none');
    expect(describeLabels({ zone: 'eu', gpu: 'a100' })).toBe('gpu=a100, zone=eu');
  });

  it('shows its runs beside its slots, while they are known', () => {
    expect(describeLoad({ ...worker, active_runs: 2 })).toBe('2 of 12');
    expect(describeLoad({ ...worker, active_runs: 2, batch_slots: null })).toBe('2');
  });
});
