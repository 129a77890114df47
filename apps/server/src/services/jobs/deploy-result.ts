import type { JobRecord, JobVersionRecord } from '../../store/records.ts';
import type { ReconcileDecision } from '../../domain/jobs/reconcile.ts';

export interface DeployResult {
  deploymentModule: string | null;
  warnings: string[];
  jobs: DeployedJob[];
}

export interface DeployedJob {
  outcome: ReconcileDecision['outcome'];
  job: JobRecord;
  previousVersion: JobVersionRecord | null;
}
