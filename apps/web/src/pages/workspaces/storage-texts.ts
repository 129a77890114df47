import type { StoredKind } from '@pumphouse/contract';
import { formatBytes } from '../../ui/format.ts';

const labels: Record<StoredKind, { name: string; description: string }> = {
  runs: { name: 'Runs', description: 'with attempts, pipeline runs and results' },
  logs: { name: 'Logs', description: 'output of runs' },
  traces: { name: 'Traces', description: 'of pipeline runs, sent by dlt' },
  beacons: { name: 'Other telemetry', description: 'states and results, sent by dlt' },
  packages: { name: 'Packages', description: 'archives of deployments and configurations' },
  environments: { name: 'Environments', description: 'of Python, since their last use' },
  caches: { name: 'Caches', description: 'of downloaded packages, since their last use' },
  audit: { name: 'Audit log', description: 'changes and their authors' },
  'alert-deliveries': { name: 'Alert deliveries', description: 'what alert channels sent' },
  'pending-packages': {
    name: 'Pending load packages',
    description: 'extracted and not loaded, in local data of workspaces',
  },
};

/** @param kind may be a kind of a newer server that this console does not know */
export function describeKind(kind: string): { name: string; description: string } {
  return isStoredKind(kind) ? labels[kind] : { name: kind, description: '' };
}

const isStoredKind = (kind: string): kind is StoredKind => Object.hasOwn(labels, kind);

/** Size of a kind of data. The server measures a new environment within an hour. */
export function describeBytes({
  kind,
  count,
  bytes,
}: {
  kind: string;
  count: number | null;
  bytes: number | null;
}): string {
  if (bytes !== null) return formatBytes(bytes);
  return kind === 'environments' && count !== null && count > 0 ? 'not measured yet' : '–';
}
