import type { RunPhaseResponse } from '@pumphouse/contract';

/** A phase as a segment of the bar. */
export interface PhaseShare {
  name: string;
  attempt: number;
  durationMs: number;
  /** Fraction of the bar, from 0 to 1. All add up to 1. */
  share: number;
  /** True for the phase in progress. */
  isOn: boolean;
}

/** Minimum fraction of a phase, so that it can be hovered. */
const minShare = 0.012;

/** @param nowMs end of the phase in progress */
export function sharePhases(phases: readonly RunPhaseResponse[], nowMs: number): PhaseShare[] {
  const durations = phases.map((phase) => ({
    name: phase.name,
    attempt: phase.attempt,
    durationMs: phase.duration_ms ?? Math.max(0, nowMs - new Date(phase.started_at).getTime()),
    isOn: phase.finished_at === null,
  }));
  const total = durations.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const raised = durations.map(({ durationMs }) => Math.max(minShare, total === 0 ? 0 : durationMs / total));
  const raisedTotal = raised.reduce((sum, each) => sum + each, 0);
  return durations.map((each, index) => ({ ...each, share: (raised[index] ?? 0) / raisedTotal }));
}

export const phaseLabels: Record<string, string> = {
  queued: 'Queued',
  environment: 'Environment',
  starting: 'Starting',
  running: 'Running',
  waiting: 'Waiting',
  ending: 'Ending',
};

/** Total duration (ms) of each phase over all attempts. Omits the phase in progress. */
export function sumPhases(phases: readonly RunPhaseResponse[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { name, duration_ms: durationMs } of phases) {
    if (durationMs !== null) sums.set(name, (sums.get(name) ?? 0) + durationMs);
  }
  return sums;
}
