import type { CheckResult } from '../../domain/doctor/check-result.ts';
import type { DatabaseState, ListedWorker } from '../../store/records.ts';
import type { Load } from '../runs/read-load.ts';
import type { LoopState } from '../../domain/doctor/loop-state.ts';
import type { LoopStatus } from '../../platform/loops.ts';
import type { Persistence } from '../../store/store.ts';
import type { ProbeResult } from '../../executors/contract/backend.ts';
import type { RecentError } from '../../platform/recent-errors.ts';
import type { Retention, StorageReport } from '../retention/retention.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { deriveLoopState } from '../../domain/doctor/loop-state.ts';
import { liveSeconds } from '../secret-keys/server-keys.ts';
import { parseOwner } from '../../domain/attempts/server-owner.ts';
import { shareReading } from '../../platform/share-reading.ts';

/** This server. */
export interface ServerDescription {
  id: string;
  version: string;
  nodeVersion: string;
  hostName: string;
  startedAt: Date;
  roles: readonly string[];
}

/** Whether the server can take and run work, and what it is doing. */
export interface ServerState {
  isReady: boolean;
  /** What keeps it from being ready, what makes runs late, and what else an operator should fix. */
  problems: readonly string[];
  load: Load | null;
  loops: readonly LoopStatus[];
  disk: { freeBytes: number; sizeBytes: number } | null;
}

/** What only the running server knows. */
export interface SystemPorts {
  server: ServerDescription;
  readUrl(): string;
  executorName: string;
  probeExecutor(): Promise<ProbeResult>;
  readState(): Promise<ServerState>;
  /** Runs all checks. */
  examine(): Promise<CheckResult[]>;
  /** Newest first, without secrets. */
  listRecentErrors(): readonly RecentError[];
}

type StoredTotals = Pick<StorageReport, 'kind' | 'count' | 'bytes' | 'oldest'>;

/** The state of the answering server, and of the installation. */
export interface SystemReport extends Omit<ServerState, 'loops'> {
  installationId: string;
  server: ServerDescription & { url: string };
  servers: { hostName: string; pid: number | null }[];
  executor: { name: string; works: boolean; detail: string };
  database: DatabaseState;
  /** Null if it takes longer than a page can wait. */
  storage: StoredTotals[] | null;
  loops: (LoopStatus & { state: LoopState })[];
  workers: ListedWorker[];
  recentErrors: readonly RecentError[];
  checkedAt: Date;
  checks: CheckResult[];
}

/** Checks start programs and call other services: a page that is loaded again and again must not repeat them. */
const checksKeptMs = 15_000;
/** Measuring counts all rows of logs and runs. */
const storageKeptMs = 300_000;
const storageWaitMs = 3000;
const maxWorkers = 200;
/** An engine that hangs never answers. */
const probeWaitMs = 5000;

export type ReadSystem = ReturnType<typeof createReadSystem>;

/** Creates the reading of a server's state, for owners of the installation. */
export function createReadSystem(
  { store }: Persistence<'databaseState' | 'installation' | 'servers' | 'workers'>,
  retention: Pick<Retention, 'measure'>,
  ports: SystemPorts,
) {
  const examine = shareReading(
    async () => ({ checks: await ports.examine(), checkedAt: new Date() }),
    checksKeptMs,
  );
  const measure = shareReading(() => retention.measure(), storageKeptMs);

  return async function readSystem(): Promise<SystemReport> {
    const late = delay(storageWaitMs, null, { ref: false });
    const [installation, live, workers, database, storage, probe, state, examined] = await Promise.all([
      store.installation.get(),
      store.servers.listLive(liveSeconds),
      store.workers.listAll(),
      store.databaseState.readState(),
      Promise.race([measure(), late]),
      Promise.race([ports.probeExecutor(), delay(probeWaitMs, noProbe, { ref: false })]),
      ports.readState(),
      examine(),
    ]);
    const now = new Date();
    return {
      ...state,
      ...examined,
      installationId: installation.id,
      server: { ...ports.server, url: ports.readUrl() },
      servers: live.map(({ owner }) => describeOwner(owner)),
      executor: { name: ports.executorName, works: probe.ok, detail: probe.detail },
      database,
      storage,
      loops: state.loops.map((loop) => ({ ...loop, state: deriveLoopState(loop, now) })),
      workers: workers.slice(0, maxWorkers),
      recentErrors: ports.listRecentErrors(),
    };
  };
}

const noProbe: ProbeResult = { ok: false, detail: `It has not answered for ${probeWaitMs / 1000} s.` };

/** An owner of another release has another format. */
function describeOwner(owner: string): { hostName: string; pid: number | null } {
  const server = parseOwner(owner);
  return server ? { hostName: server.hostName, pid: server.pid } : { hostName: owner, pid: null };
}
