import type { AttemptRecord, ClaimedEvent, JobRunRecord } from '../../store/records.ts';
import type { Instruments } from '../../platform/instruments.ts';
import type { Logger } from 'pino';
import type { Persistence } from '../../store/store.ts';
import type { ReportLineage } from '../lineage/report-lineage.ts';
import type { SpanSender } from '../../traces/span.ts';
import { buildRunSpans, spanLimits } from '../../traces/run-spans.ts';
import { listRunPhases } from '../../domain/runs/run-phases.ts';
import { readRunFailureCode } from '../../domain/runs/run-failures.ts';
import { traceIdOf } from '../../traces/trace-ids.ts';

export interface ReportRunsDependencies {
  persistence: Persistence<'attempts' | 'jobRuns' | 'jobs' | 'telemetry'>;
  instruments: Instruments;
  /** Null: no traces are sent. */
  traces: SpanSender | null;
  /** Null: no lineage events are sent. */
  reportLineage: ReportLineage | null;
  log: Logger;
}

/**
 * Counts the runs of events of the outbox, and sends the trace and the lineage events of each that has ended.
 * Resolves when their receivers have them, or after a second: until then, another server takes the events over if
 * this one dies.
 * Never rejects: a run ends whether it is reported or not.
 */
export type ReportRuns = (events: readonly ClaimedEvent[]) => Promise<void>;

export function createReportRuns(dependencies: ReportRunsDependencies): ReportRuns {
  const { persistence, instruments, traces, reportLineage, log } = dependencies;
  const { store } = persistence;

  async function report(events: readonly ClaimedEvent[]): Promise<void> {
    const idsOf = (kind: ClaimedEvent['kind']) =>
      events.flatMap((event) => (event.kind === kind ? [event.payload.jobRunId] : []));
    const created = new Set(idsOf('job_run.created'));
    const ended = new Set(idsOf('job_run.finished'));
    if (created.size + ended.size === 0) return;
    const runs = await store.jobRuns.listByIds([...new Set([...created, ...ended])]);
    for (const run of runs) if (created.has(run.id)) instruments.runCreated(run.triggerKind);
    const over = runs.filter(({ id, finishedAt }) => ended.has(id) && finishedAt !== null);
    if (over.length === 0) return;
    const attempts = Map.groupBy(
      await store.attempts.listOfRuns(over.map(({ id }) => id)),
      ({ jobRunId }) => jobRunId,
    );
    const withAttempts = over.map((run) => ({ run, attempts: attempts.get(run.id) ?? [] }));
    for (const one of withAttempts) countEnd(instruments, one);
    await Promise.all([
      traces && sendTraces(traces, withAttempts),
      reportLineage?.(withAttempts).catch((error: unknown) =>
        log.warn({ err: error }, 'lineage events of runs were not sent'),
      ),
    ]);
  }

  async function sendTraces(sender: SpanSender, ended: readonly EndedRun[]): Promise<void> {
    const traced = ended.filter(({ run }) => run.status !== 'skipped' && sender.isSampled(traceIdOf(run.id)));
    if (traced.length === 0) return;
    const jobs = await store.jobs.getHeads([...new Set(traced.map(({ run }) => run.jobId))]);
    const refs = new Map(jobs.map(({ id, jobRef }) => [id, jobRef]));
    const spans = await Promise.all(
      traced.map(async ({ run, attempts }) => {
        const pipelineRuns = attempts.some(({ beaconCount }) => beaconCount > 0)
          ? await store.telemetry.listPipelineRunsOfJobRun(run.id, spanLimits.pipelineRuns)
          : [];
        return buildRunSpans({ run, attempts, pipelineRuns, jobRef: refs.get(run.jobId) ?? 'unknown' });
      }),
    );
    await sender.send(spans.flat());
  }

  return async function reportRuns(events) {
    try {
      await report(events);
    } catch (error) {
      log.warn({ err: error }, 'runs were not counted and their traces not sent');
    }
  };
}

interface EndedRun {
  run: JobRunRecord;
  attempts: readonly AttemptRecord[];
}

function countEnd(instruments: Instruments, { run, attempts }: EndedRun): void {
  instruments.runEnded(run.status, run.failure && readRunFailureCode(run.failure.code));
  for (const { name, durationMs } of listRunPhases(run, attempts))
    if (durationMs !== null) instruments.phaseEnded(name, durationMs / 1000);
}
