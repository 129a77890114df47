import { z } from 'zod';
import { eventDescriptions, type EventType } from './event-types.ts';
import { deploymentOverviewResponse } from '../versions/deployments.ts';
import { failureReason } from '../runs/failure-reasons.ts';
import { jobRunResponse } from '../runs/job-runs.ts';
import { repeatedLoadResponse } from '../pipelines/pipeline-overviews.ts';
import { runBackfillResponse } from '../runs/run-overviews.ts';
import { responseObject, timestamp, uuid } from '../primitives.ts';
import { schemaVersionChangesResponse } from '../pipelines/schema-history.ts';

const eventJob = responseObject('EventJob', {
  id: uuid,
  job_ref: z.string(),
  /** The display name, otherwise the ref. */
  name: z.string(),
});

/** Data of events of job runs: the run in the state that the event reports. */
export const jobRunEventData = responseObject('JobRunEventData', {
  job_run: jobRunResponse,
  job: eventJob,
  /** The number of the attempt that the event is about; null before the first one. */
  attempt: z.int().nullable(),
  /** Why the run or the attempt failed; it may contain text of user code. Null if nothing failed. */
  failure: failureReason.nullable(),
  /** When the next attempt starts at the earliest; null unless a retry follows. */
  retry_at: timestamp.nullable(),
  /** The backfill whose window the run loads; null for a usual run of the job. */
  backfill: runBackfillResponse.nullable(),
});
export type JobRunEventData = z.output<typeof jobRunEventData>;

/** Data of events of schemas: a new version, and what it changed. */
export const schemaEventData = responseObject('SchemaEventData', {
  workspace_id: uuid,
  schema_version: schemaVersionChangesResponse,
  /** The job whose run reported it; null if it is not known. */
  job: eventJob.nullable(),
});
export type SchemaEventData = z.output<typeof schemaEventData>;

/** Data of events of loads that were repeated: the table and the load, with what is known of its rows. */
export const repeatedLoadEventData = responseObject('RepeatedLoadEventData', {
  workspace_id: uuid,
  repeated_load: repeatedLoadResponse,
  /** The run that loaded the job again. */
  job_run_id: uuid,
  job_run_number: z.int(),
  job: eventJob,
});
export type RepeatedLoadEventData = z.output<typeof repeatedLoadEventData>;

/** Data of events of deployments. */
export const deploymentEventData = responseObject('DeploymentEventData', {
  deployment: deploymentOverviewResponse,
});
export type DeploymentEventData = z.output<typeof deploymentEventData>;

/** Data of a test event. */
export const pingEventData = responseObject('PingEventData', {
  workspace_id: uuid,
  subscription_id: uuid,
});
export type PingEventData = z.output<typeof pingEventData>;

/** The attributes of CloudEvents 1.0 in structured mode, with the extension `sequence`. */
function cloudEvent<Type extends string, Data extends z.ZodType>(id: string, type: Type, data: Data) {
  return responseObject(id, {
    specversion: z.literal('1.0'),
    /** The same for every delivery of the event. */
    id: uuid,
    /** The address of the workspace in the console. */
    source: z.string(),
    type: z.literal(type),
    /** What the event is about, such as `job-runs/<id>`. */
    subject: z.string(),
    /** When the change was made. */
    time: timestamp,
    datacontenttype: z.literal('application/json'),
    /** The address of the schema of `data`. */
    dataschema: z.string(),
    /** Sorts as text: later events of a subject have a greater one. */
    sequence: z.string(),
    data,
  });
}

/**
 * All event types. A published type never changes incompatibly: properties are added, never removed, renamed or
 * given another type. `description` is for the documentation.
 */
export const eventSchemas = {
  'pumphouse.job_run.queued': {
    description: eventDescriptions['pumphouse.job_run.queued'],
    schema: cloudEvent('JobRunQueuedEvent', 'pumphouse.job_run.queued', jobRunEventData),
    dataName: 'JobRunEventData',
  },
  'pumphouse.job_run.started': {
    description: eventDescriptions['pumphouse.job_run.started'],
    schema: cloudEvent('JobRunStartedEvent', 'pumphouse.job_run.started', jobRunEventData),
    dataName: 'JobRunEventData',
  },
  'pumphouse.job_run.retrying': {
    description: eventDescriptions['pumphouse.job_run.retrying'],
    schema: cloudEvent('JobRunRetryingEvent', 'pumphouse.job_run.retrying', jobRunEventData),
    dataName: 'JobRunEventData',
  },
  'pumphouse.job_run.succeeded': {
    description: eventDescriptions['pumphouse.job_run.succeeded'],
    schema: cloudEvent('JobRunSucceededEvent', 'pumphouse.job_run.succeeded', jobRunEventData),
    dataName: 'JobRunEventData',
  },
  'pumphouse.job_run.failed': {
    description: eventDescriptions['pumphouse.job_run.failed'],
    schema: cloudEvent('JobRunFailedEvent', 'pumphouse.job_run.failed', jobRunEventData),
    dataName: 'JobRunEventData',
  },
  'pumphouse.job_run.cancelled': {
    description: eventDescriptions['pumphouse.job_run.cancelled'],
    schema: cloudEvent('JobRunCancelledEvent', 'pumphouse.job_run.cancelled', jobRunEventData),
    dataName: 'JobRunEventData',
  },
  'pumphouse.schema.changed': {
    description: eventDescriptions['pumphouse.schema.changed'],
    schema: cloudEvent('SchemaChangedEvent', 'pumphouse.schema.changed', schemaEventData),
    dataName: 'SchemaEventData',
  },
  'pumphouse.load.repeated': {
    description: eventDescriptions['pumphouse.load.repeated'],
    schema: cloudEvent('LoadRepeatedEvent', 'pumphouse.load.repeated', repeatedLoadEventData),
    dataName: 'RepeatedLoadEventData',
  },
  'pumphouse.deployment.created': {
    description: eventDescriptions['pumphouse.deployment.created'],
    schema: cloudEvent('DeploymentCreatedEvent', 'pumphouse.deployment.created', deploymentEventData),
    dataName: 'DeploymentEventData',
  },
  'pumphouse.ping': {
    description: eventDescriptions['pumphouse.ping'],
    schema: cloudEvent('PingEvent', 'pumphouse.ping', pingEventData),
    dataName: 'PingEventData',
  },
} as const satisfies Record<EventType, object>;
