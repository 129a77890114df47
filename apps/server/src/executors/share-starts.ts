import type { AttemptHandle } from './contract/attempt-handle.ts';
import type { AttemptSpec } from './contract/attempt-runner.ts';

/** Creates a `start` whose concurrent calls for one attempt share the first call. */
export function shareStarts(
  startAttempt: (spec: AttemptSpec) => Promise<AttemptHandle>,
): (spec: AttemptSpec) => Promise<AttemptHandle> {
  const starts = new Map<string, Promise<AttemptHandle>>();
  return async (spec) => {
    const running = starts.get(spec.attemptId);
    if (running !== undefined) return running;
    const started = startAttempt(spec).finally(() => starts.delete(spec.attemptId));
    starts.set(spec.attemptId, started);
    return started;
  };
}
