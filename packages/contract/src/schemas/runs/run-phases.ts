import { z } from 'zod';
import { namedEnum, openEnum, responseObject, timestamp } from '../primitives.ts';

/**
 * The phases of a run: until a server claims it (again after a failed attempt), until its Python environment
 * is ready, until user code runs, while user code runs, while it waits for a database, a pipeline or a dataset that another run has, and until its end is recorded.
 */
export const runPhaseName = namedEnum('RunPhaseName', [
  'queued',
  'environment',
  'starting',
  'running',
  'waiting',
  'ending',
]);
export type RunPhaseName = z.output<typeof runPhaseName>;

export const runPhase = responseObject('RunPhaseResponse', {
  name: openEnum(runPhaseName),
  /** The number of the attempt to which the phase belongs or leads. */
  attempt: z.int(),
  started_at: timestamp,
  /** Null for the current phase. */
  finished_at: timestamp.nullable(),
  duration_ms: z.int().nullable(),
});
export type RunPhaseResponse = z.output<typeof runPhase>;
