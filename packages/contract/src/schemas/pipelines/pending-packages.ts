import { z } from 'zod';
import { namedEnum, openEnum, requestObject, responseObject, timestamp, uuid } from '../primitives.ts';
import { queryBoolean } from '../query.ts';

export const pendingPackageStep = namedEnum('PendingPackageStep', [
  'extracted',
  'normalized',
  'partly_loaded',
]);
export const pendingPackageState = namedEnum('PendingPackageState', [
  'pending',
  'finished',
  'dropped',
  'gone',
]);

const runOfPackage = responseObject('PendingPackageRun', {
  id: uuid,
  number: z.int().nullable(),
  job_ref: z.string().nullable(),
});

/** A load package that a run extracted or normalized and did not load, and what became of it. */
export const pendingPackageResponse = responseObject('PendingPackageResponse', {
  id: uuid,
  pipeline_name: z.string(),
  profile: z.string(),
  load_id: z.string(),
  schema_name: z.string().nullable(),
  step: openEnum(pendingPackageStep),
  /** At most 30. */
  table_names: z.array(z.string()),
  /** Rows that are not loaded yet, of at most 30 tables; `rows` is null if it is unknown. Nested tables count once normalized. */
  row_counts: z.array(z.object({ table_name: z.string(), rows: z.int().nullable() })).default([]),
  /** On disk. */
  size_bytes: z.int(),
  jobs_left: z.int(),
  jobs_done: z.int(),
  /** How many runs have tried to finish it, and did not. */
  tries: z.int(),
  created_at: timestamp,
  /** `gone`: it is no longer there, and no run reported why. */
  state: openEnum(pendingPackageState),
  ended_at: timestamp.nullable(),
  /** When a member asked to drop it: the next run of the profile does that before its code starts. */
  drop_requested_at: timestamp.nullable(),
  /** The run that extracted it; null once that is removed. */
  extracted_by: runOfPackage.nullable(),
  /** The run that finished or dropped it. */
  ended_by: runOfPackage.nullable(),
});
export type PendingPackageResponse = z.output<typeof pendingPackageResponse>;

/** The newest 200. */
export const pendingPackagesResponse = responseObject('PendingPackagesResponse', {
  packages: z.array(pendingPackageResponse),
});
export type PendingPackagesResponse = z.output<typeof pendingPackagesResponse>;

export const pendingPackagesQuery = z.object({
  pipeline_name: z.string().optional(),
  /** Packages that this run extracted, finished or dropped. */
  job_run_id: uuid.optional(),
  /** Only those that are pending now. */
  only_pending: queryBoolean.optional(),
});

/** The pending packages of a pipeline under one profile. */
export const pendingPackagesRequest = requestObject('PendingPackagesRequest', { profile: z.string() });

export const finishPendingResponse = responseObject('FinishPendingPackagesResponse', {
  job_run_id: uuid,
  job_run_number: z.int(),
});

export const dropPendingResponse = responseObject('DropPendingPackagesResponse', {
  package_count: z.int(),
  size_bytes: z.int(),
});
