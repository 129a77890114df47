/** The shapes of what the store keeps, for all who read it without knowing SQL. */
export type * from './postgres/attempts.ts';
export type * from './postgres/conditions.ts';
export type * from './postgres/environments.ts';
export type * from './postgres/job-list.ts';
export type * from './postgres/job-run-list.ts';
export type * from './postgres/job-runs.ts';
export type * from './postgres/jobs.ts';
export type * from './postgres/outbox.ts';
export type * from './postgres/packages.ts';
export type * from './postgres/people.ts';
export type * from './postgres/pipeline-run-list.ts';
export type * from './postgres/statistics.ts';
export type * from './postgres/storage.ts';
export type * from './postgres/storage-environments.ts';
export type * from './postgres/telemetry.ts';
export type * from './postgres/variables.ts';
export type * from './postgres/workspaces.ts';
