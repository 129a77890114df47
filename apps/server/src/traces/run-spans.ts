import type { AttemptRecord, AttemptPipelineRunRecord, JobRunRecord } from '../store/records.ts';
import type { PipelineRunDetails } from '../telemetry/pipeline-run-details.ts';
import type { RunPhase } from '../domain/runs/run-phases.ts';
import type { Span } from './span.ts';
import { listRunPhases } from '../domain/runs/run-phases.ts';
import { pathOfCode, spanIdOf, traceIdOf } from './trace-ids.ts';

/** A run that has ended, with all that its trace shows. */
export interface TracedRun {
  run: JobRunRecord;
  jobRef: string;
  /** In order of their numbers. */
  attempts: readonly AttemptRecord[];
  pipelineRuns: readonly AttemptPipelineRunRecord[];
}

/** User code decides how many there are: a trace shows the first of each. */
export const spanLimits = { pipelineRuns: 20, steps: 20, resources: 50, textLength: 1024 } as const;

const phaseNames: Partial<Record<RunPhase['name'], string>> = {
  queued: 'queue',
  environment: 'environment',
  starting: 'start',
  ending: 'end',
};

/**
 * Builds the trace of a run: the run, the phases of each attempt, and below its user code the pipelines of dlt
 * with their steps and resources. The same run gives the same ids. Times of user code, which may be invented,
 * are moved into the time of the run.
 */
export function buildRunSpans(traced: TracedRun): Span[] {
  const { run, attempts } = traced;
  const trace = openTrace(run);
  const phases = listRunPhases(run, attempts);
  const root = trace.root(`run ${traced.jobRef}`, describeRun(traced));
  const spans: Span[] = [root];
  for (const { name, attempt, startedAt, finishedAt } of phases) {
    const spanName = phaseNames[name];
    if (spanName === undefined) continue;
    spans.push(
      trace.child(root, {
        path: `attempt ${attempt} ${spanName}`,
        name: spanName,
        from: startedAt,
        to: finishedAt ?? root.endedAt,
        attributes: { 'pumphouse.attempt': attempt },
      }),
    );
  }
  for (const attempt of attempts) spans.push(...traceCode(trace, root, attempt, phases, traced.pipelineRuns));
  return spans;
}

interface NewSpan {
  path: string;
  name: string;
  from: Date;
  to: Date;
  attributes?: Span['attributes'];
  status?: Span['status'];
  message?: string | null;
}

type Trace = ReturnType<typeof openTrace>;

function openTrace(run: JobRunRecord) {
  const traceId = traceIdOf(run.id);
  const begin = run.createdAt;
  const end = run.finishedAt ?? run.updatedAt;
  const clamp = (at: Date): Date => (at < begin ? begin : at > end ? end : at);
  return {
    root: (name: string, described: Pick<Span, 'status' | 'message' | 'attributes'>): Span => ({
      traceId,
      spanId: spanIdOf(run.id, 'run'),
      parentSpanId: null,
      name,
      startedAt: begin,
      endedAt: end,
      ...described,
    }),
    child(parent: Span, { path, name, from, to, ...described }: NewSpan): Span {
      const startedAt = clamp(from);
      const endedAt = clamp(to);
      return {
        traceId,
        spanId: spanIdOf(run.id, path),
        parentSpanId: parent.spanId,
        name: cut(name, 256),
        startedAt,
        endedAt: endedAt < startedAt ? startedAt : endedAt,
        status: described.status ?? null,
        message: described.message == null ? null : cut(described.message),
        attributes: described.attributes ?? {},
      };
    },
  };
}

function describeRun({ run, jobRef, attempts }: TracedRun): Pick<Span, 'status' | 'message' | 'attributes'> {
  const { failure, reason } = run;
  const text = reason?.message ?? failure?.detail ?? null;
  return {
    status: run.status === 'completed' ? 'ok' : run.status === 'failed' ? 'error' : null,
    message: run.status === 'failed' && text !== null ? cut(text) : null,
    attributes: {
      'pumphouse.run.id': run.id,
      'pumphouse.run.number': run.number,
      'pumphouse.run.state': run.status,
      'pumphouse.run.attempts': attempts.length,
      'pumphouse.job': jobRef,
      'pumphouse.workspace.id': run.workspaceId,
      'pumphouse.profile': run.profile,
      'pumphouse.trigger': run.triggerKind,
      ...(failure && { 'pumphouse.failure.code': failure.code, 'error.type': failure.code }),
      ...(reason?.exceptionType != null && { 'exception.type': cut(reason.exceptionType, 256) }),
    },
  };
}

/** The user code of an attempt, its waits for databases and its pipelines; nothing if no code has started. */
function traceCode(
  trace: Trace,
  root: Span,
  attempt: AttemptRecord,
  phases: readonly RunPhase[],
  pipelineRuns: readonly AttemptPipelineRunRecord[],
): Span[] {
  const parts = phases.filter(
    ({ name, attempt: number }) => number === attempt.number && (name === 'running' || name === 'waiting'),
  );
  const [first] = parts;
  const last = parts.at(-1);
  if (!first || !last) return [];
  const { number, failure, exit } = attempt;
  const code = trace.child(root, {
    path: pathOfCode(attempt.id),
    name: 'user code',
    from: first.startedAt,
    to: last.finishedAt ?? root.endedAt,
    status: failure ? 'error' : exit?.code === 0 ? 'ok' : null,
    message: failure ? (attempt.reason?.message ?? failure.detail) : null,
    attributes: {
      'pumphouse.attempt': number,
      ...(exit?.code != null && { 'process.exit.code': exit.code }),
      ...(exit?.peakMemoryBytes != null && { 'pumphouse.memory.peak_bytes': exit.peakMemoryBytes }),
    },
  });
  const waits = parts.flatMap(({ name, startedAt, finishedAt }, index) =>
    name === 'waiting'
      ? [
          trace.child(code, {
            path: `attempt ${number} wait ${index}`,
            name: 'wait for a database',
            from: startedAt,
            to: finishedAt ?? code.endedAt,
          }),
        ]
      : [],
  );
  const pipelines = pipelineRuns
    .filter(({ attemptNumber }) => attemptNumber === number)
    .slice(0, spanLimits.pipelineRuns)
    .flatMap(({ facts }) => tracePipeline(trace, code, number, facts));
  return [code, ...waits, ...pipelines];
}

function tracePipeline(trace: Trace, code: Span, attempt: number, facts: PipelineRunDetails): Span[] {
  const path = `attempt ${attempt} pipeline ${facts.transactionId}`;
  const pipeline = trace.child(code, {
    path,
    name: `pipeline ${facts.pipelineName}`,
    from: readTime(facts.startedAt, code.startedAt),
    to: readTime(facts.finishedAt, code.endedAt),
    status: facts.status === 'failed' ? 'error' : 'ok',
    message: facts.status === 'failed' ? (facts.errorCause ?? facts.errorMessage) : null,
    attributes: {
      'dlt.pipeline': cut(facts.pipelineName, 256),
      'dlt.rows_extracted': facts.totalRowsExtracted,
      'dlt.bytes_extracted': facts.totalBytesExtracted,
      'dlt.rows_loaded': facts.totalRowsLoaded,
      'dlt.bytes_loaded': facts.totalBytesLoaded,
      ...named('dlt.destination', facts.destinationType),
      ...named('dlt.dataset', facts.datasetName),
      ...named('dlt.version', facts.dltVersion),
    },
  });
  const steps = facts.steps.slice(0, spanLimits.steps).map((step, index) =>
    trace.child(pipeline, {
      path: `${path} step ${index}`,
      name: step.step,
      from: readTime(step.startedAt, pipeline.startedAt),
      to: readTime(step.finishedAt, pipeline.endedAt),
      status: step.failed ? 'error' : 'ok',
      message: step.failed && step.step === facts.errorStep ? (facts.errorCause ?? facts.errorMessage) : null,
      attributes: sumsOfStep(step.step, facts),
    }),
  );
  return [pipeline, ...steps, ...traceResources(trace, path, steps, facts)];
}

function sumsOfStep(step: string, facts: PipelineRunDetails): Span['attributes'] {
  if (step === 'extract')
    return {
      'dlt.rows_extracted': facts.totalRowsExtracted,
      'dlt.bytes_extracted': facts.totalBytesExtracted,
    };
  if (step === 'load')
    return { 'dlt.rows_loaded': facts.totalRowsLoaded, 'dlt.bytes_loaded': facts.totalBytesLoaded };
  return {};
}

/** dlt extracts resources alternately and reports no times of their own: each has those of the step. */
function traceResources(
  trace: Trace,
  path: string,
  steps: readonly Span[],
  { resources }: PipelineRunDetails,
): Span[] {
  const extract = steps.find(({ name }) => name === 'extract');
  if (!extract) return [];
  return resources.slice(0, spanLimits.resources).map((resource, index) =>
    trace.child(extract, {
      path: `${path} resource ${index}`,
      name: `resource ${resource.resourceName}`,
      from: extract.startedAt,
      to: extract.endedAt,
      attributes: {
        'dlt.resource': cut(resource.resourceName, 256),
        ...(resource.rowsExtracted !== null && { 'dlt.rows_extracted': resource.rowsExtracted }),
        ...(resource.bytesExtracted !== null && { 'dlt.bytes_extracted': resource.bytesExtracted }),
        ...named('dlt.write_disposition', resource.writeDisposition),
      },
    }),
  );
}

const named = (name: string, value: string | null): Record<string, string> =>
  value === null ? {} : { [name]: cut(value, 256) };

function readTime(text: string | null, otherwise: Date): Date {
  const at = text === null ? otherwise : new Date(text);
  return Number.isNaN(at.getTime()) ? otherwise : at;
}

const cut = (text: string, maxLength: number = spanLimits.textLength): string =>
  text.length <= maxLength ? text : `${text.slice(0, maxLength - 1)}…`.toWellFormed();
