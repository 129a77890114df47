import type { AttemptPipelineRunRecord, AttemptRecord, JobRunRecord } from '../store/records.ts';
import { describe, expect, it } from 'vitest';
import { buildRunSpans, spanLimits } from './run-spans.ts';
import { formatTraceParent, isSampledAt, traceIdOf } from './trace-ids.ts';

const at = (seconds: number) => new Date(Date.UTC(2026, 2, 10, 12, 0, seconds));
const runId = '0b8f5e0a-3c44-4f2e-9f3d-8f1a2b3c4d5e';

const run = {
  id: runId,
  workspaceId: 'w',
  number: 3,
  status: 'failed',
  profile: 'prod',
  triggerKind: 'schedule',
  failure: { code: 'exit_code', detail: 'The run ended with exit code 1.' },
  reason: { message: 'no answer', exceptionType: 'RuntimeError' },
  createdAt: at(0),
  finishedAt: at(30),
} as unknown as JobRunRecord;

const attempt = (number: number, changed: Partial<AttemptRecord> = {}) =>
  ({
    id: `attempt-${number}`,
    number,
    createdAt: at(number),
    environmentReadyAt: at(number + 1),
    begunAt: at(number + 2),
    startedAt: at(number + 3),
    finishedAt: at(number + 8),
    closedAt: at(number + 9),
    waits: [],
    exit: { code: 0 },
    failure: null,
    reason: null,
    ...changed,
  }) as unknown as AttemptRecord;

const pipelineRun = (changed: object = {}) =>
  ({
    attemptNumber: 1,
    facts: {
      transactionId: 't',
      pipelineName: 'shop',
      status: 'succeeded',
      startedAt: at(5).toISOString(),
      finishedAt: at(8).toISOString(),
      steps: [
        { step: 'extract', startedAt: at(5).toISOString(), finishedAt: at(6).toISOString(), failed: false },
      ],
      resources: [{ resourceName: 'orders', rowsExtracted: 7, bytesExtracted: null, writeDisposition: null }],
      totalRowsExtracted: 7,
      totalBytesExtracted: 70,
      totalRowsLoaded: 7,
      totalBytesLoaded: 70,
      destinationType: null,
      datasetName: null,
      dltVersion: null,
      errorStep: null,
      errorCause: null,
      errorMessage: null,
      ...changed,
    },
  }) as unknown as AttemptPipelineRunRecord;

const build = (pipelineRuns: AttemptPipelineRunRecord[] = [], attempts = [attempt(1)]) =>
  buildRunSpans({ run, jobRef: 'jobs.a', attempts, pipelineRuns });

describe('the spans of a run', () => {
  it('have ids that depend only on the run, so that they replace themselves', () => {
    expect(build([pipelineRun()])).toEqual(build([pipelineRun()]));
    const spans = build([pipelineRun()], [attempt(1), attempt(11)]);
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
    for (const { traceId, spanId } of spans) {
      expect(traceId).toBe('0b8f5e0a3c444f2e9f3d8f1a2b3c4d5e');
      expect(spanId).toMatch(/^[0-9a-f]{16}$/);
    }
  });

  it('name why the run failed', () => {
    expect(build()[0]).toMatchObject({
      name: 'run jobs.a',
      parentSpanId: null,
      status: 'error',
      message: 'no answer',
      attributes: { 'pumphouse.failure.code': 'exit_code', 'exception.type': 'RuntimeError' },
    });
  });

  it('include the phases of each attempt', () => {
    const names = build([], [attempt(1), attempt(11, { closedAt: at(30) })]).map(({ name }) => name);
    expect(names.filter((name) => name === 'queue')).toHaveLength(2);
    expect(names.filter((name) => name === 'user code')).toHaveLength(2);
  });

  it('show waits for databases inside the user code', () => {
    const waits = [{ from: at(5).toISOString(), to: at(6).toISOString() }];
    const spans = build([], [attempt(1, { waits })]);
    const code = spans.filter(({ name }) => name === 'user code');
    expect(code).toEqual([expect.objectContaining({ startedAt: at(4), endedAt: at(9) })]);
    expect(spans.find(({ name }) => name === 'wait for a database')).toMatchObject({
      parentSpanId: code[0]?.spanId,
      startedAt: at(5),
      endedAt: at(6),
    });
  });

  it('stay inside the run, whatever times user code reports', () => {
    const steps = ['1970-01-01T00:00:00Z', '9999-01-01T00:00:00Z', 'yesterday'].map((startedAt) => ({
      step: 'load',
      startedAt,
      finishedAt: '0001-01-01T00:00:00Z',
      failed: false,
    }));
    for (const span of build([pipelineRun({ steps, startedAt: null })])) {
      expect(span.startedAt >= at(0) && span.endedAt <= at(30)).toBe(true);
      expect(span.endedAt >= span.startedAt).toBe(true);
    }
  });

  it('are bounded in number and length, whatever user code reports', () => {
    const step = pipelineRun().facts.steps[0];
    const [resource] = pipelineRun().facts.resources;
    const flood = pipelineRun({
      pipelineName: 'x'.repeat(10_000),
      status: 'failed',
      errorMessage: 'y'.repeat(10_000),
      steps: Array.from({ length: 500 }, () => step),
      resources: Array.from({ length: 5000 }, () => ({ ...resource, resourceName: 'z'.repeat(9999) })),
    });
    const spans = build(Array.from({ length: 200 }, () => flood));
    const { pipelineRuns, steps, resources } = spanLimits;
    expect(spans.length).toBeLessThanOrEqual(10 + pipelineRuns * (1 + steps + resources));
    expect(Math.max(...spans.map((span) => JSON.stringify(span).length))).toBeLessThan(4000);
  });

  it('are none for code that never started', () => {
    const unstarted = attempt(1, { startedAt: null, begunAt: null });
    expect(build([], [unstarted]).map(({ name }) => name)).not.toContain('user code');
  });
});

describe('the context of a trace', () => {
  it('names the span of the user code as the parent', () => {
    const code = build().find(({ name }) => name === 'user code');
    expect(formatTraceParent(runId, 'attempt-1', true)).toBe(`00-${traceIdOf(runId)}-${code?.spanId}-01`);
    expect(formatTraceParent(runId, 'attempt-1', false)).toMatch(/-00$/);
  });

  it.each([
    ['all', 1, '0'.repeat(32), true],
    ['none', 0, 'f'.repeat(32), false],
    ['half, for a low id', 0.5, `${'0'.repeat(18)}7${'f'.repeat(13)}`, false],
    ['half, for a high id', 0.5, `${'0'.repeat(18)}8${'0'.repeat(13)}`, true],
  ])('is sampled by the last digits: %s', (_, ratio, traceId, isSampled) => {
    expect(isSampledAt(ratio, traceId)).toBe(isSampled);
  });
});
