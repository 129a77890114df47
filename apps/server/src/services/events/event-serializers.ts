import type {
  AttemptRecord,
  DeploymentRecord,
  JobRunRecord,
  PipelineRunHeadRecord,
  RepeatedLoadRecord,
  SchemaChangesRecord,
} from '../../store/records.ts';
import type {
  DeploymentEventData,
  JobRunEventData,
  RepeatedLoadEventData,
  SchemaEventData,
} from '@pumphouse/contract';

/** A job as events name it. */
export interface EventJob {
  id: string;
  jobRef: string;
  name: string;
}

/** A run in the state that an event reports. */
export interface ReportedRun {
  run: JobRunRecord;
  job: EventJob;
  /** The attempt that the event is about; null before the first one. */
  attempt: AttemptRecord | null;
  pipelineRuns: readonly PipelineRunHeadRecord[];
}

/**
 * Converts records to the data of events. The API has these conversions, so that events and responses show a run
 * alike.
 */
export interface EventSerializers {
  jobRun(reported: ReportedRun): JobRunEventData;
  schema(changes: SchemaChangesRecord, at: { workspaceId: string; job: EventJob | null }): SchemaEventData;
  repeatedLoad(load: RepeatedLoadRecord, at: { runNumber: number; job: EventJob }): RepeatedLoadEventData;
  deployment(deployment: DeploymentRecord): DeploymentEventData;
}
