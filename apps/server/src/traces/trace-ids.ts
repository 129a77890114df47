import { hash } from 'node:crypto';

/**
 * Derives the id of the trace of a run: the id of the run without its dashes. All servers derive the same, also
 * after a restart, so a trace that is sent twice replaces itself.
 */
export const traceIdOf = (jobRunId: string): string => jobRunId.replaceAll('-', '').toLowerCase();

/** Derives the id of a span from its run and its path in the trace, such as `attempt 1 queue`. */
export function spanIdOf(jobRunId: string, path: string): string {
  return hash('sha256', `${jobRunId} ${path}`, 'hex').slice(0, 16);
}

/** The path of the span of an attempt's user code, which is the parent of what the code itself reports. */
export const pathOfCode = (attemptId: string): string => `attempt ${attemptId} code`;

/** Formats the W3C trace context that an attempt's user code continues. */
export function formatTraceParent(jobRunId: string, attemptId: string, isSampled: boolean): string {
  const parent = spanIdOf(jobRunId, pathOfCode(attemptId));
  return `00-${traceIdOf(jobRunId)}-${parent}-${isSampled ? '01' : '00'}`;
}

/** The digits that are random in a run's id, as far as a number holds them exactly. */
const sampledDigits = 13;

/**
 * Decides by the trace id whether a trace is sent, so that all servers decide alike. As W3C proposes, the last
 * 56 bits are compared with the ratio.
 * @param ratio from 0 (none) to 1 (all)
 */
export function isSampledAt(ratio: number, traceId: string): boolean {
  const value = Number.parseInt(traceId.slice(18, 18 + sampledDigits), 16);
  return value >= (1 - ratio) * 16 ** sampledDigits;
}
