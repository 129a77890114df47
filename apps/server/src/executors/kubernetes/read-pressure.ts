import type { KubernetesBackend } from './kubernetes-backend.ts';
import type { Pod } from './kube-objects.ts';
import { decidePressure, describePressure, planPressureLimits } from './pod-pressure.ts';
import { findRunState } from './short-pod.ts';
import { hasEnded } from './attempts.ts';

/** Counts the pods that have not started, from what the watch knows. */
export function createPressure({ watch, options }: KubernetesBackend) {
  const limits = planPressureLimits(options.maxPendingPods);
  let isClosed = false;
  return {
    /** Why no run should be started now; null if runs may start. */
    describe(): string | null {
      // Without knowledge the decision stays. The watch runs as long as attempts are inspected.
      const pods = watch.list();
      if (pods === null) return null;
      const pending = pods.filter(isPending).length;
      isClosed = decidePressure(isClosed, pending, limits);
      return isClosed ? describePressure(pending, limits) : null;
    },
  };
}

function isPending(pod: Pod): boolean {
  return !hasEnded(pod) && !findRunState(pod)?.running;
}
