import type { AdmittedRun } from '../../store/records.ts';
import type { PendingLimits } from '../../domain/pipelines/pending-packages.ts';

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

/** Describes what the attempt of an admitted run does with packages that are pending; null: it keeps none. */
export function describePending(
  run: AdmittedRun,
  jobRef: string,
  limits: PendingLimits,
): PendingSettings | null {
  if (limits.maxBytes === 0) return null;
  return {
    run: run.number,
    job: jobRef,
    max_bytes: limits.maxBytes,
    max_days: limits.maxDays,
    drop: run.unwantedPackages.map(({ pipelineName, loadId }) => ({
      pipeline: pipelineName,
      load_id: loadId,
    })),
    finish: run.finishesPending,
    stores_folders: true,
  };
}
