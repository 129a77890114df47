import type { ActiveCount, PendingSummary } from '../../store/records.ts';
import type { Persistence } from '../../store/store.ts';
import type { PoolName } from '../../domain/runs/capacity.ts';
import { longWaitSeconds, silentMinutes } from '@pumphouse/contract';

/** The slots of one pool across all servers. */
export interface PoolLoad {
  pending: number;
  active: number;
  slots: number;
  free: number;
  /** Runs that take a slot, or that would if more were free: the slots that the installation needs. */
  demand: number;
}

/** The load of the installation without any names, for monitoring. */
export interface Load extends Record<PoolName, PoolLoad> {
  /** Active runs in a location that no server can observe. */
  unknown: number;
  longestWait: { seconds: number; kind: PendingSummary['kind'] } | null;
  /** Pending runs by what they wait for. */
  waiting: readonly PendingSummary[];
  /** Runs that have not ended, by state. */
  states: readonly ActiveCount[];
  /** Running batch runs without output for `silentMinutes`. */
  silent: number;
  /** Connected workers. */
  workers: number;
  /** What makes runs wait longer than they should, one sentence each. */
  problems: string[];
}

export type ReadLoad = ReturnType<typeof createReadLoad>;

/** Waits caused by users or their code; the others are caused by the installation. */
const ownWaits: ReadonlySet<PendingSummary['kind']> = new Set(['limit', 'retry', 'local-data']);

const kindLabels: Record<PendingSummary['kind'], string> = {
  slot: 'all slots are in use',
  size: 'the sizes of active runs leave too little memory or too few cores',
  turn: 'a larger run starts first',
  'local-data': 'another run uses the same local data',
  worker: 'no connected worker may run them',
  environment: 'an environment is being built',
  engine: 'the executor does not answer, or no run can start on the server',
  retry: 'the next attempt is not due yet',
  limit: 'the job or the organization is at its limit',
  server: 'no supervisor has claimed them',
};

export function createReadLoad({
  store,
}: Persistence<'attempts' | 'claims' | 'supervisors' | 'unknownRuns' | 'waits' | 'workers'>) {
  return async function readLoad(): Promise<Load> {
    const [waits, slots, batch, apps, unknown, states, workers, silent] = await Promise.all([
      store.waits.summarizePending(),
      store.supervisors.countSlots(),
      store.claims.countActive(false),
      store.claims.countActive(true),
      store.unknownRuns.count(),
      store.claims.countByState(),
      store.workers.countConnected(),
      store.attempts.countSilent(silentMinutes),
    ]);
    const poolOf = (name: PoolName, rows: readonly { count: number }[]): PoolLoad => {
      const active = sumOf(rows);
      const own = waits.filter(({ isApp }) => isApp === (name === 'apps'));
      const demand = active + sumOf(own.filter(({ kind }) => !ownWaits.has(kind)));
      const free = Math.max(0, slots[name] - active);
      return { pending: sumOf(own), active, slots: slots[name], free, demand };
    };
    const longest = waits.toSorted((one, other) => other.maxSeconds - one.maxSeconds)[0];
    return {
      batch: poolOf('batch', batch),
      apps: poolOf('apps', apps),
      unknown,
      longestWait: longest ? { seconds: Math.floor(longest.maxSeconds), kind: longest.kind } : null,
      waiting: waits,
      states,
      workers,
      silent,
      problems: [
        ...findMissingSupervisor(slots.batch),
        ...describeUnknown(unknown),
        ...waits.flatMap(describeLongWait),
      ],
    };
  };
}

function findMissingSupervisor(slots: number): string[] {
  return slots > 0 ? [] : ['no server has the role supervisor: nothing starts'];
}

function describeUnknown(count: number): string[] {
  if (count === 0) return [];
  const runs = count === 1 ? '1 run is' : `${count} runs are`;
  return [`${runs} unknown: no server can reach them. Cancel each, or run pumphouse admin end-run`];
}

/** Apps that wait have a page that shows it; batch runs have none. */
function describeLongWait({ isApp, kind, count, maxSeconds }: PendingSummary): string[] {
  if (isApp || ownWaits.has(kind) || maxSeconds < longWaitSeconds) return [];
  const runs = count === 1 ? '1 batch run is' : `${count} batch runs are`;
  return [`${runs} pending, for ${Math.floor(maxSeconds)} s at most: ${kindLabels[kind]}`];
}

const sumOf = (rows: readonly { count: number }[]) => rows.reduce((sum, { count }) => sum + count, 0);
