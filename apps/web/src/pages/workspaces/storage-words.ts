import type { StoredKind } from '@pumphouse/contract';

const words: Record<StoredKind, { name: string; says: string }> = {
  runs: { name: 'Runs', says: 'with attempts, pipeline runs and results' },
  logs: { name: 'Logs', says: 'what runs printed' },
  traces: { name: 'Traces', says: 'of pipeline runs, as dlt sent them' },
  beacons: { name: 'Other telemetry', says: 'states and results, as dlt sent them' },
  packages: { name: 'Packages', says: 'archives of deployments and configurations' },
  environments: { name: 'Environments', says: 'of Python, since they were used last' },
  caches: { name: 'Caches', says: 'of downloaded packages, since they were used last' },
  audit: { name: 'Audit log', says: 'what was changed, by whom' },
};

/** @param kind also one that a newer server may have */
export function kindWords(kind: string): { name: string; says: string } {
  return words[kind as StoredKind] ?? { name: kind, says: '' };
}
