import type { AdmittedRun } from '../../store/records.ts';
import type { PendingLimits } from '../../domain/pipelines/pending-packages.ts';
import type { Persistence } from '../../store/store.ts';
import { defaultPendingLimits } from '../../domain/pipelines/pending-packages.ts';

/** What an attempt does with pending packages; docs/contribute/attempt-protocol.md describes the fields. */
export interface PendingSettings {
  run: number;
  job: string;
  max_bytes: number;
  max_days: number;
  drop: { pipeline: string; load_id: string }[];
  /** Null for a usual run. */
  finish: string[] | null;
  /** The server takes working folders of attempts without a disk that runs share. */
  stores_folders: true;
}

export type ReadPendingSettings = ReturnType<typeof createReadPendingSettings>;

/** Reads, when an attempt begins, what it does with packages that are pending. */
export function createReadPendingSettings(
  { store: { pendingPackages } }: Persistence<'pendingPackages'>,
  limits: PendingLimits = defaultPendingLimits,
) {
  /** @returns null if nothing is to be kept */
  return async (attemptId: string, run: AdmittedRun, jobRef: string): Promise<PendingSettings | null> => {
    const scope = limits.maxBytes > 0 ? await pendingPackages.findAttempt(attemptId) : null;
    if (!scope) return null;
    const [unwanted, finish] = await Promise.all([
      pendingPackages.listUnwanted(scope),
      pendingPackages.readFinishing(run.id),
    ]);
    return {
      run: run.number,
      job: jobRef,
      max_bytes: limits.maxBytes,
      max_days: limits.maxDays,
      drop: unwanted.map(({ pipelineName, loadId }) => ({ pipeline: pipelineName, load_id: loadId })),
      finish,
      stores_folders: true,
    };
  };
}
