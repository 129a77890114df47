import type { AttemptPipelineRunRecord, JobRunRecord } from '../store/records.ts';
import type { Facet, LineageEvent } from './lineage-event.ts';
import type { LoadedSchemas } from './output-datasets.ts';
import { eventOf, facetOf } from './lineage-event.ts';
import { cutName, listOutputs } from './output-datasets.ts';

/** A run that has ended, with all that its events contain. */
export interface LineageRun {
  run: JobRunRecord;
  jobRef: string;
  /** Null if the job has none. */
  description: string | null;
  workspaceName: string;
  pipelineRuns: readonly AttemptPipelineRunRecord[];
  schemas: LoadedSchemas;
}

/** User code decides how many pipelines run and what errors say: events contain the first of each. */
export const lineageLimits = { pipelineRuns: 20, textLength: 2048 } as const;

const endings = { completed: 'COMPLETE', failed: 'FAIL', cancelled: 'ABORT' } as const;

/**
 * Builds the events of a run: the start and the end of the run itself, and of each pipeline that ran in it, with the
 * tables that it loaded. The same run gives the same events. Times that user code reported are moved into the time
 * of the run.
 * @param base the namespace of the installation
 * @returns none for a run that was skipped, or has not ended
 */
export function buildRunEvents(ended: LineageRun, base: string): LineageEvent[] {
  const { run } = ended;
  const ending = isEnding(run.status) ? endings[run.status] : null;
  if (ending === null || run.finishedAt === null) return [];
  const names = nameRun(ended, base);
  const times = { from: run.startedAt ?? run.createdAt, to: run.finishedAt };
  const failed = run.status === 'failed' ? (run.reason?.message ?? run.failure?.detail ?? null) : null;
  const [start, end] = eventsOf({
    ...times,
    ending,
    runId: run.id,
    job: {
      namespace: names.namespace,
      name: ended.jobRef,
      facets: {
        jobType: jobTypeOf('JOB'),
        tags: names.workspaceTag,
        ...(ended.description !== null && {
          documentation: facetOf('DocumentationJobFacet', { description: cutText(ended.description) }),
        }),
      },
    },
    runFacets: { ...nominalTimeOf(run), tags: tagsOf(run) },
    error: failed,
    outputs: [],
  });
  const pipelines = ended.pipelineRuns
    .slice(0, lineageLimits.pipelineRuns)
    .flatMap((pipelineRun) => buildPipelineEvents(ended, names, pipelineRun, times));
  // A receiver that knows the parent first shows its children below it.
  return [start, ...pipelines, end];
}

interface RunNames {
  namespace: string;
  workspaceTag: Facet;
}

function nameRun({ run, workspaceName }: LineageRun, base: string): RunNames {
  return {
    // By id: a name can change, and two organizations may use the same.
    namespace: `${base}/${run.workspaceId}`,
    workspaceTag: facetOf('TagsJobFacet', {
      tags: [{ key: 'workspace', value: cutName(workspaceName), source: 'PUMPHOUSE' }],
    }),
  };
}

function buildPipelineEvents(
  { run, jobRef, schemas }: LineageRun,
  { namespace, workspaceTag }: RunNames,
  { id, facts }: AttemptPipelineRunRecord,
  times: { from: Date; to: Date },
): LineageEvent[] {
  const parent = { run: { runId: run.id }, job: { namespace, name: jobRef } };
  const from = clampTime(facts.startedAt, times, times.from);
  const to = clampTime(facts.finishedAt, { from, to: times.to }, times.to);
  const hasFailed = facts.status === 'failed';
  return eventsOf({
    from,
    to,
    ending: hasFailed ? 'FAIL' : 'COMPLETE',
    runId: id,
    job: {
      namespace,
      name: cutName(facts.pipelineName),
      facets: { jobType: jobTypeOf('PIPELINE'), tags: workspaceTag },
    },
    runFacets: {
      parent: facetOf('ParentRunFacet', { ...parent, root: parent }),
      ...nominalTimeOf(run),
      ...(facts.dltVersion !== null && {
        processing_engine: facetOf('ProcessingEngineRunFacet', {
          name: 'dlt',
          version: cutName(facts.dltVersion),
        }),
      }),
      tags: tagsOf(run),
    },
    error: hasFailed ? (facts.errorCause ?? facts.errorMessage) : null,
    outputs: listOutputs(facts, { namespace: `${namespace}/${run.profile}`, schemas }),
  });
}

interface Span {
  from: Date;
  to: Date;
  ending: LineageEvent['eventType'];
  runId: string;
  job: LineageEvent['job'];
  runFacets: Record<string, Facet>;
  /** Null if it did not fail. */
  error: string | null;
  outputs: LineageEvent['outputs'];
}

/** The pair of events that the standard requires of each run. */
function eventsOf(span: Span): [start: LineageEvent, end: LineageEvent] {
  const { from, to, ending, runId, job, runFacets, error, outputs } = span;
  const start = eventOf({
    eventType: 'START',
    eventTime: from.toISOString(),
    run: { runId, facets: runFacets },
    job,
    outputs: [],
  });
  const errorMessage =
    error === null
      ? null
      : facetOf('ErrorMessageRunFacet', { message: cutText(error), programmingLanguage: 'PYTHON' });
  const end = eventOf({
    eventType: ending,
    eventTime: to.toISOString(),
    run: { runId, facets: { ...runFacets, ...(errorMessage && { errorMessage }) } },
    job,
    outputs,
  });
  return [start, end];
}

function isEnding(status: string): status is keyof typeof endings {
  return Object.hasOwn(endings, status);
}

function jobTypeOf(jobType: 'JOB' | 'PIPELINE'): Facet {
  return facetOf('JobTypeJobFacet', { processingType: 'BATCH', integration: 'DLT', jobType });
}

function nominalTimeOf({ intervalStart, intervalEnd }: JobRunRecord): Record<string, Facet> {
  if (intervalStart === null) return {};
  return {
    nominalTime: facetOf('NominalTimeRunFacet', {
      nominalStartTime: intervalStart.toISOString(),
      ...(intervalEnd && { nominalEndTime: intervalEnd.toISOString() }),
    }),
  };
}

function tagsOf({ number, profile, triggerKind, deploymentId, backfillId }: JobRunRecord): Facet {
  const tags = {
    run_number: String(number),
    profile,
    trigger: triggerKind,
    deployment_id: deploymentId,
    // A failed window is no failure of the job's usual runs.
    ...(backfillId !== null && { backfill_id: backfillId }),
  };
  return facetOf('TagsRunFacet', {
    tags: Object.entries(tags).map(([key, value]) => ({ key, value, source: 'PUMPHOUSE' })),
  });
}

function clampTime(text: string | null, { from, to }: { from: Date; to: Date }, otherwise: Date): Date {
  const at = text === null ? otherwise : new Date(text);
  if (Number.isNaN(at.getTime())) return otherwise;
  return at < from ? from : at > to ? to : at;
}

const cutText = (text: string): string => text.slice(0, lineageLimits.textLength).toWellFormed();
