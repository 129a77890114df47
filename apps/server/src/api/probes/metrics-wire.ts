import type { Load } from '../../services/runs/read-load.ts';

interface Gauge {
  name: string;
  help: string;
  samples: { labels: string; value: number }[];
}

/** How the installation is, as Prometheus reads it. Without figures of the load while the database does not tell in time. */
export function formatMetrics(isReady: boolean, load: Load | null): string {
  const ready = oneValue('pumphouse_ready', 'Whether this server is ready', isReady ? 1 : 0);
  return [ready, ...(load ? listLoad(load) : [])].map(formatGauge).join('');
}

function listLoad(load: Load): Gauge[] {
  return [
    byPool(load, 'pending', 'Runs that wait'),
    byPool(load, 'active', 'Runs that take a slot'),
    byPool(load, 'slots', 'Slots of all servers'),
    oneValue('pumphouse_runs_unknown', 'Active runs whose place no server can see', load.unknown),
    oneValue(
      'pumphouse_longest_wait_seconds',
      'The longest wait of a pending run',
      load.longestWait?.seconds ?? 0,
    ),
  ];
}

function byPool(load: Load, figure: 'pending' | 'active' | 'slots', help: string): Gauge {
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
