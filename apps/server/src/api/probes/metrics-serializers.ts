import type { Load, PoolLoad } from '../../services/runs/read-load.ts';
import type { LoopStatus } from '../../platform/loops.ts';
import type { Readiness, TemplateTotals } from './readiness.ts';

interface Gauge {
  name: string;
  help: string;
  samples: { labels: string; value: number }[];
}

/**
 * Formats the installation's state for Prometheus. Load figures are left out while the database does not
 * provide them in time.
 */
export function formatMetrics({ ok, load, loops, templates }: Readiness): string {
  const ready = oneValue('pumphouse_ready', 'Whether this server is ready', ok ? 1 : 0);
  const gauges = [
    ready,
    ...describeLoops(loops),
    ...(templates ? listTemplates(templates) : []),
    ...(load ? listLoad(load) : []),
  ];
  return gauges.map(formatGauge).join('');
}

function listTemplates({ count, memoryBytes, runs }: TemplateTotals): Gauge[] {
  return [
    oneValue(
      'pumphouse_templates',
      'Templates of this server that serve runs, or containers that wait for one',
      count,
    ),
    oneValue(
      'pumphouse_templates_memory_bytes',
      'Memory of the templates or waiting containers of this server',
      memoryBytes,
    ),
    oneValue(
      'pumphouse_templates_runs',
      'Runs that the current templates or waiting containers of this server have served',
      runs,
    ),
  ];
}

/** Before its first success a loop has no such sample: an age of zero would look healthy. */
function describeLoops(loops: readonly LoopStatus[]): Gauge[] {
  const labels = ({ name }: LoopStatus) => `{loop="${name}"}`;
  return [
    {
      name: 'pumphouse_loop_last_success_timestamp_seconds',
      help: 'When an iteration of a loop of this server last succeeded',
      samples: loops.flatMap((loop) =>
        loop.lastSuccessAt ? [{ labels: labels(loop), value: loop.lastSuccessAt.getTime() / 1000 }] : [],
      ),
    },
    {
      name: 'pumphouse_loop_failures',
      help: 'Iterations of a loop of this server that failed since it started',
      samples: loops.map((loop) => ({ labels: labels(loop), value: loop.failureCount })),
    },
  ];
}

function listLoad(load: Load): Gauge[] {
  return [
    byPool(load, 'pending', 'Runs that wait'),
    byPool(load, 'active', 'Runs that take a slot'),
    byPool(load, 'slots', 'Slots of all servers'),
    byPool(load, 'demand', 'Runs that take a slot, or that would if more were free'),
    oneValue('pumphouse_runs_unknown', 'Active runs that no server can reach', load.unknown),
    oneValue(
      'pumphouse_longest_wait_seconds',
      'The longest wait of a pending run',
      load.longestWait?.seconds ?? 0,
    ),
  ];
}

function byPool(load: Load, figure: keyof PoolLoad, help: string): Gauge {
  const samples = (['batch', 'apps'] as const).map((pool) => ({
    labels: `{pool="${pool}"}`,
    value: load[pool][figure],
  }));
  return { name: `pumphouse_runs_${figure}`, help, samples };
}

const oneValue = (name: string, help: string, value: number): Gauge => ({
  name,
  help,
  samples: [{ labels: '', value }],
});

function formatGauge({ name, help, samples }: Gauge): string {
  const lines = samples.map(({ labels, value }) => `${name}${labels} ${value}`);
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...lines, ''].join('\n');
}
