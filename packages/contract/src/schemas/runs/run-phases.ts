import { z } from 'zod';
import { namedEnum, openEnum, responseObject, timestamp } from '../primitives.ts';

/**
 * Where the time of a run goes: until a server takes it up (or again after a failed attempt), until its Python environment is there,
 * until user code runs, while it runs, and until its end is recorded.
 */
export const runPhaseName = namedEnum('RunPhaseName', [
  'queued',
  'environment',
  'starting',
  'running',
  'ending',
]);
export type RunPhaseName = z.output<typeof runPhaseName>;

export const runPhase = responseObject('RunPhaseResponse', {
  name: openEnum(runPhaseName),
  /** The number of the attempt that it belongs to, or that it led to. */
  attempt: z.int(),
  started_at: timestamp,
  /** Null for the phase that the run is in. */
  finished_at: timestamp.nullable(),
  duration_ms: z.int().nullable(),
});
export type RunPhaseResponse = z.output<typeof runPhase>;
