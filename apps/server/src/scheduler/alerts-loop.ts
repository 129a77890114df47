import type { EvaluateAlerts } from '../services/alerts/evaluate-alerts.ts';
import type { LoopDefinition } from '../platform/loops.ts';
import type { RemoveOldIncidents } from '../services/alerts/remove-old-incidents.ts';

/** Finds conditions of the clock and messages that are due, which no event announces. */
const pollIntervalMs = 5000;
/** Many runs that end at once are evaluated together. */
const minPauseMs = 1000;
const removalIntervalMs = 3_600_000;

/** Evaluates alert rules. Several servers may run this loop: each workspace is evaluated by one at a time. */
export function defineAlertsLoop(evaluateAlerts: EvaluateAlerts): LoopDefinition {
  return {
    name: 'alerts',
    intervalMs: pollIntervalMs,
    minPauseMs,
    wakesFor: (kind) => kind === undefined || kind === 'job_run.finished',
    iterate: async (signal) => ((await evaluateAlerts(signal)) ? 0 : pollIntervalMs),
    failureMessage: 'alerts were not evaluated; retried in the next iteration',
    readyWithinMs: null,
  };
}

/** Removes incidents that were resolved long ago. */
export function defineIncidentRemovalLoop(removeOldIncidents: RemoveOldIncidents): LoopDefinition {
  return {
    name: 'alert-incidents',
    intervalMs: removalIntervalMs,
    jitter: 0.2,
    async iterate(signal) {
      while (!signal.aborted && (await removeOldIncidents()));
    },
    failureMessage: 'old incidents were not removed; retried in the next iteration',
    readyWithinMs: null,
  };
}
