/** Back-pressure: no new pods while too many wait for a node. Pure. */

export interface PressureLimits {
  /** With this many waiting pods, no more are created. */
  closeAt: number;
  /** With this few, pods are created again: the distance keeps the state from changing with each pod. */
  openAt: number;
}

export function planPressureLimits(maxPendingPods: number): PressureLimits {
  return { closeAt: maxPendingPods, openAt: Math.floor(maxPendingPods / 2) };
}

/**
 * Whether runs must wait.
 * @param wasClosed the previous decision
 */
export function decidePressure(wasClosed: boolean, pendingPods: number, limits: PressureLimits): boolean {
  return wasClosed ? pendingPods > limits.openAt : pendingPods >= limits.closeAt;
}

export function describePressure(pendingPods: number, { openAt }: PressureLimits): string {
  return `Waiting for the cluster: ${pendingPods} pods wait to be started. New ones are created when ${openAt} or fewer wait.`;
}
