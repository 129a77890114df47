/** Where an attempt lives, and whether this server can see it. */
import { z } from 'zod';
import type { AttemptHandle } from '../contract/attempt-handle.ts';
import { executorName } from './names.ts';

const handleVersion = 1;

const handleDataSchema = z.object({
  /** Of the namespace, as its marker says. */
  place: z.string(),
  namespace: z.string(),
  attemptId: z.string(),
  jobRunId: z.string(),
  /** A pod with the same name and another uid is another pod. */
  podUid: z.string(),
});
export type HandleData = z.infer<typeof handleDataSchema>;

export function buildHandle(data: HandleData): AttemptHandle {
  return { executor: executorName, version: handleVersion, data: { ...data } };
}

/** The contents of a handle, or why this server cannot read it. */
export function readHandle(handle: AttemptHandle): HandleData | { elsewhere: string } {
  if (handle.executor !== executorName || handle.version !== handleVersion) {
    return {
      elsewhere: `The handle is of executor ${handle.executor}, version ${handle.version}, which this server does not support.`,
    };
  }
  const parsed = handleDataSchema.safeParse(handle.data);
  return parsed.success ? parsed.data : { elsewhere: 'The handle cannot be read.' };
}
