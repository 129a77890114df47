import type { ActiveCounts, PendingRun } from './claim-order.ts';
import type { Pool } from './capacity.ts';
import { describe, expect, it } from 'vitest';
import { chooseClaims, reserveAfterSeconds } from './claim-order.ts';
import { emptyUse } from './capacity.ts';

const pool: Pool = { maxRuns: 4, cpus: 16, memoryBytes: 16 };
const nothingActive: ActiveCounts = { organizations: new Map(), workspaces: new Map() };

let made = 0;
function pending(input: Partial<PendingRun> = {}): PendingRun {
  made += 1;
  return {
    jobRunId: `run-${made}`,
    organizationId: 'acme',
    workspaceId: 'sales',
    priority: 0,
    createdAt: new Date(made * 1000),
    waitedSeconds: 1,
    demand: { cpus: 1, memoryBytes: 1 },
    localDataLock: null,
    replacesActive: false,
    ...input,
  };
}

const choose = (runs: PendingRun[], active = nothingActive, use = emptyUse) => {
  const { chosen, reservedFor } = chooseClaims(runs, active, { pool, use });
  return {
    chosen: chosen.map((run) => runs.indexOf(run)),
    reserved: reservedFor && runs.indexOf(reservedFor),
  };
};

describe('the next claims', () => {
  it('go to the organization, then the workspace, with the fewest active runs', () => {
    const runs = [
      pending(),
      pending(),
      pending({ workspaceId: 'ops' }),
      pending({ organizationId: 'other', workspaceId: 'theirs' }),
      pending({ organizationId: 'other', workspaceId: 'theirs' }),
    ];
    expect(choose(runs).chosen).toEqual([0, 3, 2, 4]);
    const active = {
      organizations: new Map([['acme', 1]]),
      workspaces: new Map([['sales', 1]]),
    };
    expect(choose(runs, active, { ...emptyUse, runs: 1 }).chosen).toEqual([3, 2, 4]);
  });

  it('go, within a workspace, to the highest priority, then the oldest', () => {
    const runs = [pending(), pending({ priority: 5 }), pending({ priority: 5 }), pending({ priority: -1 })];
    expect(choose(runs).chosen).toEqual([1, 2, 0, 3]);
  });

  it('include only one run per local data lock', () => {
    const runs = [
      pending({ localDataLock: 'a' }),
      pending({ localDataLock: 'a' }),
      pending({ localDataLock: 'b' }),
    ];
    expect(choose(runs).chosen).toEqual([0, 2]);
  });

  it('include no more than fits; an app that replaces an active one needs no slot', () => {
    const full = { ...emptyUse, runs: 4 };
    expect(choose([pending()], nothingActive, full).chosen).toEqual([]);
    expect(choose([pending({ replacesActive: true })], nothingActive, full).chosen).toEqual([0]);
  });
});

describe('a run that needs more than is free', () => {
  const large = { cpus: 1, memoryBytes: 16 };
  const use = { runs: 1, cpus: 1, memoryBytes: 1 };

  it('lets smaller runs pass at first', () => {
    expect(choose([pending({ demand: large }), pending()], nothingActive, use)).toEqual({
      chosen: [1],
      reserved: null,
    });
  });

  it('has free capacity reserved after it has waited long', () => {
    const waited = { demand: large, waitedSeconds: reserveAfterSeconds };
    expect(choose([pending(waited), pending()], nothingActive, use)).toEqual({ chosen: [], reserved: 0 });
    expect(choose([pending(waited), pending()]).chosen).toEqual([0]);
  });
});
