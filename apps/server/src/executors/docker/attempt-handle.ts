/** Where an attempt lives, and whether this server can see it. */
import { z } from 'zod';
import type { AttemptHandle } from '../contract/attempt-handle.ts';
import { ExecutorError } from '../contract/executor-error.ts';
import { executorName } from './names.ts';

const handleVersion = 1;

const handleDataSchema = z.object({
  /** From the marker volume of the engine that has the container. */
  engineId: z.string(),
  attemptId: z.string(),
  jobRunId: z.string(),
});
export type HandleData = z.infer<typeof handleDataSchema>;

export function buildHandle(data: HandleData): AttemptHandle {
  return { executor: executorName, version: handleVersion, data: { ...data } };
}

/** The contents of a handle, or why this server cannot see the attempt. */
export function readHandle(handle: AttemptHandle, engineId: string): HandleData | { elsewhere: string } {
  if (handle.executor !== executorName || handle.version !== handleVersion) {
    return {
      elsewhere: `The handle is of executor ${handle.executor}, version ${handle.version}, which this server does not support.`,
    };
  }
  const parsed = handleDataSchema.safeParse(handle.data);
  if (!parsed.success) return { elsewhere: 'The handle cannot be read.' };
  if (parsed.data.engineId !== engineId) {
    return {
      elsewhere: 'The attempt was started on another container engine than the current one.',
    };
  }
  return parsed.data;
}

/** @throws ExecutorError backend for an attempt that this server cannot see */
export function requireHandle(handle: AttemptHandle, engineId: string): HandleData {
  const data = readHandle(handle, engineId);
  if ('elsewhere' in data) throw new ExecutorError('backend', data.elsewhere);
  return data;
}
