/** Handles and environments of a worker, as a server stores them. */
import { z } from 'zod';
import type { AttemptHandle } from '../contract/attempt-handle.ts';
import type { EnvironmentLocation } from '../contract/environment-builder.ts';
import { handle as handleSchema } from './values.ts';

export const remoteName = 'worker';
const handleVersion = 1;

const handleData = z.object({ workerId: z.string(), handle: handleSchema });

/** Adds the worker to a handle of its executor. */
export function wrapHandle(workerId: string, handle: AttemptHandle): AttemptHandle {
  return { executor: remoteName, version: handleVersion, data: { workerId, handle } };
}

/** Returns the worker that a handle names; null for attempts that a server executes itself. */
export function readWorkerId(handle: AttemptHandle): string | null {
  if (handle.executor !== remoteName) return null;
  return handleData.safeParse(handle.data).data?.workerId ?? null;
}

/** Returns the handle of the worker's own executor; null for an attempt elsewhere. */
export function unwrapHandle(workerId: string, handle: AttemptHandle): AttemptHandle | null {
  if (handle.executor !== remoteName || handle.version !== handleVersion) return null;
  const { data } = handleData.safeParse(handle.data);
  return data?.workerId === workerId ? data.handle : null;
}

/** Adds the worker to a location of its executor: paths of two workers may be equal. */
export function wrapLocation(
  workerId: string,
  { executor, path, ...more }: EnvironmentLocation,
): EnvironmentLocation {
  return { ...more, executor: remoteName, path: `${workerId}/${executor}:${path}` };
}

/** Returns the location on the worker; null for an environment elsewhere. */
export function unwrapLocation(workerId: string, location: EnvironmentLocation): EnvironmentLocation | null {
  const prefix = `${workerId}/`;
  const { executor, path, ...more } = location;
  if (executor !== remoteName || !path.startsWith(prefix)) return null;
  const inner = path.slice(prefix.length);
  const colon = inner.indexOf(':');
  return colon < 0 ? null : { ...more, executor: inner.slice(0, colon), path: inner.slice(colon + 1) };
}
