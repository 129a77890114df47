import type { AddGauge } from './gauges.ts';
import type { Backlog } from '../../services/runs/read-backlog.ts';
import type { DiskSpace } from '../../platform/disk-space.ts';
import type { Readiness, TemplateTotals } from './readiness.ts';
import type { Load, PoolLoad } from '../../services/runs/read-load.ts';
import type { LoopStatus } from '../../platform/loops.ts';
import type { TickLag } from '../../services/scheduling/read-tick-lag.ts';
import { one } from './gauges.ts';
import { describeBacklog } from './backlog-serializers.ts';
import { Gauge, Registry } from 'prom-client';

/**
 * Creates the metrics of the state of the server and the installation, as it is now. What the database does not
 * provide in time is left out.
 */
export function registerState(readiness: Readiness, backlog: Backlog | null): Registry {
  const { ok, load, loops, templates, ticks, disk } = readiness;
  const registry = new Registry();
  const gauge: AddGauge = (name, help, samples) => {
    const labelNames = [...new Set(samples.flatMap(({ labels }) => Object.keys(labels)))];
    const created = new Gauge({ name, help, labelNames, registers: [registry] });
    // prom-client starts a gauge without labels at 0, as if the last backup were from 1970.
    if (samples.length === 0) created.remove();
    for (const { labels, value } of samples) created.set(labels, value);
  };
  gauge('pumphouse_ready', 'Whether this server is ready', one(ok ? 1 : 0));
  describeLoops(gauge, loops);
  if (templates) describeTemplates(gauge, templates);
  if (load) describeLoad(gauge, load);
  if (ticks) describeTicks(gauge, ticks);
  if (disk) describeDisk(gauge, disk);
  if (backlog) describeBacklog(gauge, backlog);
  return registry;
}

function describeTemplates(gauge: AddGauge, { count, memoryBytes, runs }: TemplateTotals): void {
  gauge(
    'pumphouse_templates',
    'Templates of this server that serve runs, or containers that wait for one',
    one(count),
  );
  gauge(
    'pumphouse_templates_memory_bytes',
    'Memory of the templates or waiting containers of this server',
    one(memoryBytes),
  );
  gauge(
    'pumphouse_templates_runs',
    'Runs that the current templates or waiting containers of this server have served',
    one(runs),
  );
}

/** Before its first success a loop has no such sample: an age of zero would look healthy. */
function describeLoops(gauge: AddGauge, loops: readonly LoopStatus[]): void {
  gauge(
    'pumphouse_loop_last_success_timestamp_seconds',
    'When an iteration of a loop of this server last succeeded',
    loops.flatMap(({ name, lastSuccessAt }) =>
      lastSuccessAt ? [{ labels: { loop: name }, value: lastSuccessAt.getTime() / 1000 }] : [],
    ),
  );
  gauge(
    'pumphouse_loop_failures',
    'Iterations of a loop of this server that failed since it started',
    loops.map(({ name, failureCount }) => ({ labels: { loop: name }, value: failureCount })),
  );
}

function describeLoad(gauge: AddGauge, load: Load): void {
  const byPool = (figure: keyof PoolLoad, help: string) =>
    gauge(
      `pumphouse_runs_${figure}`,
      help,
      poolNames.map((pool) => ({ labels: { pool }, value: load[pool][figure] })),
    );
  byPool('pending', 'Runs that wait');
  byPool('active', 'Runs that take a slot');
  byPool('slots', 'Slots of all servers');
  byPool('demand', 'Runs that take a slot, or that would if more were free');
  gauge('pumphouse_runs_unknown', 'Active runs that no server can reach', one(load.unknown));
  gauge(
    'pumphouse_longest_wait_seconds',
    'The longest wait of a pending run',
    one(load.longestWait?.seconds ?? 0),
  );
  gauge(
    'pumphouse_runs_waiting',
    'Pending runs by what they wait for',
    load.waiting.map(({ isApp, kind, count }) => ({
      labels: { pool: poolOf(isApp), reason: kind },
      value: count,
    })),
  );
  gauge(
    'pumphouse_runs_waiting_longest_seconds',
    'The longest wait of a pending run by what it waits for',
    load.waiting.map(({ isApp, kind, maxSeconds }) => ({
      labels: { pool: poolOf(isApp), reason: kind },
      value: maxSeconds,
    })),
  );
  gauge(
    'pumphouse_runs',
    'Runs that have not ended, by state',
    poolNames.flatMap((pool) =>
      activeStates.map((state) => ({
        labels: { pool, state },
        value: load.states.find((one) => one.state === state && poolOf(one.isApp) === pool)?.count ?? 0,
      })),
    ),
  );
  gauge(
    'pumphouse_runs_silent',
    'Running batch runs whose code has printed nothing for 10 minutes',
    one(load.silent),
  );
  gauge('pumphouse_workers_connected', 'Workers that are connected to a server', one(load.workers));
}

function describeTicks(gauge: AddGauge, { seconds }: TickLag): void {
  gauge('pumphouse_scheduler_lag_seconds', 'How long the oldest undecided tick has been due', one(seconds));
}

function describeDisk(gauge: AddGauge, { freeBytes, sizeBytes }: DiskSpace): void {
  gauge('pumphouse_disk_free_bytes', 'Free space of the disk of the data folder', one(freeBytes));
  gauge('pumphouse_disk_size_bytes', 'Size of the disk of the data folder', one(sizeBytes));
}

const activeStates = ['pending', 'starting', 'running', 'cancelling'] as const;
const poolNames = ['batch', 'apps'] as const;
const poolOf = (isApp: boolean): (typeof poolNames)[number] => (isApp ? 'apps' : 'batch');
