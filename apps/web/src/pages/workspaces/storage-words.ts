import type { StoredKind } from '@pumphouse/contract';

const words: Record<StoredKind, { name: string; says: string }> = {
  runs: { name: 'Runs', says: 'with attempts, pipeline runs and results' },
  logs: { name: 'Logs', says: 'output of runs' },
  traces: { name: 'Traces', says: 'of pipeline runs, sent by dlt' },
  beacons: { name: 'Other telemetry', says: 'states and results, sent by dlt' },
  packages: { name: 'Packages', says: 'archives of deployments and configurations' },
  environments: { name: 'Environments', says: 'of Python, since their last use' },
  caches: { name: 'Caches', says: 'of downloaded packages, since their last use' },
  audit: { name: 'Audit log', says: 'changes and their authors' },
};

/** @param kind may be a kind of a newer server that this console does not know */
export function kindWords(kind: string): { name: string; says: string } {
  return words[kind as StoredKind] ?? { name: kind, says: '' };
}
