/** Reads the steps, the error and the times of a trace. */
import type { PipelineRunDetails, PipelineRunStep } from './pipeline-run-details.ts';
import {
  cutText,
  measureDurationMs,
  readField,
  readName,
  readRecord,
  readRecords,
  readText,
  readTimestamp,
} from './tolerant-json.ts';
import type { JsonRecord } from './tolerant-json.ts';

/** One step of the raw trace, with the parts that contain numbers. */
export interface TraceStep {
  name: string;
  raw: JsonRecord;
  /** `step_info.load_packages`. */
  packages: JsonRecord[];
  /** `extract_info`, `normalize_info` or `load_info`. */
  info: JsonRecord;
  failed: boolean;
}

/** dlt itself keeps the last 100 steps of a trace. */
const MAX_STEPS = 100;
const MAX_ERROR_MESSAGE_LENGTH = 16 * 1024;
const MAX_TRACEBACK_LENGTH = 64 * 1024;
const MAX_CAUSE_LENGTH = 1024;
const MAX_EXCEPTIONS = 20;
const MAX_STACK_LINES = 100;

/**
 * Reads the steps of a trace. If a run fails, dlt adds a step `run`, which repeats the failing step with all
 * its packages. Counting both would double everything, so it is kept only if no other step failed.
 */
export function readTraceSteps(trace: JsonRecord): TraceStep[] {
  const steps = readRecords(trace, 'steps').slice(0, MAX_STEPS).map(readTraceStep);
  const failedElsewhere = steps.some((step) => step.failed && step.name !== 'run');
  return steps.filter((step) => step.name !== 'run' || (step.failed && !failedElsewhere));
}

function readTraceStep(raw: JsonRecord): TraceStep {
  const name = readName(raw, 'step') ?? 'unknown';
  const exceptions = readRecords(raw, 'exception_traces');
  return {
    name,
    raw,
    packages: readRecords(readRecord(readField(raw, 'step_info')), 'load_packages'),
    info: readRecord(readField(raw, `${name}_info`)),
    failed: typeof readField(raw, 'step_exception') === 'string' || exceptions.length > 0,
  };
}

export function describeSteps(steps: TraceStep[]): PipelineRunStep[] {
  return steps.map(({ name, raw, failed }) => {
    const startedAt = readTimestamp(raw, 'started_at');
    const finishedAt = readTimestamp(raw, 'finished_at');
    return {
      step: name,
      startedAt,
      finishedAt,
      durationMs: measureDurationMs(startedAt, finishedAt),
      failed,
    };
  });
}

/** Sums the milliseconds of all steps with one name; null if none of them has both times. */
export function sumStepDurationMs(steps: PipelineRunStep[], name: string): number | null {
  const durations = steps.flatMap(({ step, durationMs }) =>
    step === name && durationMs !== null ? [durationMs] : [],
  );
  return durations.length === 0 ? null : durations.reduce((sum, duration) => sum + duration, 0);
}

type ErrorDetails = Pick<PipelineRunDetails, 'errorStep' | 'errorMessage' | 'errorCause' | 'errorTraceback'>;

/** Describes the error of the first failed step. The texts come from user code: long, hostile or both. */
export function describeError(steps: TraceStep[]): ErrorDetails {
  const step = steps.find(({ failed }) => failed);
  if (!step) return { errorStep: null, errorMessage: null, errorCause: null, errorTraceback: null };
  const exceptions = readRecords(step.raw, 'exception_traces').slice(0, MAX_EXCEPTIONS);
  const cause = exceptions.at(-1);
  const errorCause = cause ? nameException(cause, MAX_CAUSE_LENGTH) : null;
  return {
    errorStep: step.name,
    errorMessage: readText(step.raw, 'step_exception', MAX_ERROR_MESSAGE_LENGTH) ?? errorCause,
    errorCause,
    errorTraceback: exceptions.length > 0 ? writeTraceback(exceptions) : null,
  };
}

function nameException(exception: JsonRecord, maxLength: number): string {
  const type = readName(exception, 'exception_type') ?? 'Exception';
  return `${type}: ${readText(exception, 'message', maxLength) ?? ''}`;
}

/** dlt lists the outermost exception first; this restores Python's order, with causes first. */
function writeTraceback(exceptions: JsonRecord[]): string {
  const lengthEach = Math.floor(MAX_TRACEBACK_LENGTH / exceptions.length);
  const blocks = exceptions.toReversed().map((exception) => {
    const stack = readField(exception, 'stack_trace');
    const lines = Array.isArray(stack) ? stack.filter((line) => typeof line === 'string') : [];
    const message = nameException(exception, Math.floor(lengthEach / 4));
    const head = `Traceback (most recent call last):\n${lines.slice(-MAX_STACK_LINES).join('')}`;
    return `${cutText(head, lengthEach - message.length)}${message}\n`;
  });
  return blocks.join('\nThe above exception was the direct cause of the following exception:\n\n');
}
