import type { AttemptExit, RunSkip } from '../../store/records.ts';
import type { ExplainedFailure, RunTimeline } from '../../services/runs/read-run-timeline.ts';
import type { JobRunTimelineResponse, RunPhaseResponse } from '@pumphouse/contract';
import type { RunPhase } from '../../domain/runs/run-phases.ts';
import { namePlainStart } from '../../domain/attempts/plain-start.ts';
import { isTerminalRunState } from '@pumphouse/contract';
import { toFailureReason } from './failure-reasons-serializers.ts';
import { toInstant, toInstantOrNull } from '../serializers/instants.ts';

export function toRunTimeline({
  run,
  attempts,
  phases,
  packageWarnings,
}: RunTimeline): JobRunTimelineResponse {
  return {
    id: run.id,
    status: run.status,
    failure: toFailure(run.failure),
    reason: toFailureReason(run),
    skip: toSkip(run.skip),
    waiting: toWaiting(run),
    unknown: toUnknown(run),
    package_warnings: packageWarnings.map(({ packages, where, what, pin, caution }) => ({
      packages,
      affected: where,
      effect: what,
      pin,
      caution,
    })),
    phases: phases.map(toRunPhase),
    attempts: attempts.map((attempt) => ({
      id: attempt.id,
      number: attempt.number,
      executor: attempt.executor,
      created_at: toInstant(attempt.createdAt),
      begun_at: toInstantOrNull(attempt.begunAt),
      started_at: toInstantOrNull(attempt.startedAt),
      finished_at: toInstantOrNull(attempt.finishedAt),
      last_output_at: toInstantOrNull(attempt.lastOutputAt),
      exit: toExit(attempt.exit),
      failure: toFailure(attempt.failure),
      reason: toFailureReason(attempt),
      plain_start: attempt.plainStart && namePlainStart(attempt.plainStart),
    })),
  };
}

export function toRunPhase(phase: RunPhase): RunPhaseResponse {
  const { name, attempt, startedAt, finishedAt, durationMs } = phase;
  return {
    name,
    attempt,
    started_at: toInstant(startedAt),
    finished_at: toInstantOrNull(finishedAt),
    duration_ms: durationMs,
  };
}

/** Shown until a supervisor records a wait reason, which takes seconds if it does not claim the run. */
const unexplained = 'Waiting for a server to start it.';

/** Why a run has not begun, or what its code waits for. */
export function toWaiting({
  status,
  waitReason,
  notBefore,
}: Pick<RunTimeline['run'], 'status' | 'waitReason' | 'notBefore'>): JobRunTimelineResponse['waiting'] {
  if ((status === 'starting' || status === 'running') && waitReason !== null)
    return { reason: waitReason, until: null };
  if (status !== 'pending') return null;
  return { reason: waitReason ?? unexplained, until: toInstantOrNull(notBefore) };
}

/** Details of an active run that no server can see. */
export function toUnknown({
  status,
  unknownSince,
  unknownDetail,
}: Pick<RunTimeline['run'], 'status' | 'unknownSince' | 'unknownDetail'>): JobRunTimelineResponse['unknown'] {
  if (unknownSince === null || isTerminalRunState(status)) return null;
  return { since: toInstant(unknownSince), detail: unknownDetail ?? '' };
}

function toFailure(failure: ExplainedFailure | null): JobRunTimelineResponse['failure'] {
  return failure && { code: failure.code, detail: failure.detail, next_step: failure.nextStep };
}

function toSkip(skip: RunSkip | null): JobRunTimelineResponse['skip'] {
  if (!skip) return null;
  const { status, reasons, count, firstAt, lastAt } = skip;
  return { status, reasons, count, first_at: firstAt, last_at: lastAt };
}

function toExit(exit: AttemptExit | null): JobRunTimelineResponse['attempts'][number]['exit'] {
  if (!exit) return null;
  const { code, signal, outOfMemory, peakMemoryBytes, reason } = exit;
  return { code, signal, out_of_memory: outOfMemory, peak_memory_bytes: peakMemoryBytes, reason };
}
