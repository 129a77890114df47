import { expect, test } from 'vitest';
import { readCapturedBody } from '../../../../testing/fixtures/captured-bodies.ts';
import { parseJobResult } from './parse-job-result.ts';

const nothingOfAgents = {
  agentStatus: null,
  summary: null,
  model: null,
  loopType: null,
  inputTokens: null,
  outputTokens: null,
  totalTokens: null,
  turnCount: null,
  costUsd: null,
  stopReason: null,
};

test('every captured result is parsed, with the body kept unchanged', () => {
  const orders = readCapturedBody('ok/003-job_result');
  expect(parseJobResult(orders)).toEqual({
    ok: true,
    details: {
      resultType: 'job.orders_summary',
      jobRef: 'jobs.__deployment__.load_orders',
      engineVersion: 1,
      result: { rows: 7 },
      ...nothingOfAgents,
      document: orders,
    },
  });
  expect(parseJobResult(readCapturedBody('ok/006-job_result'))).toMatchObject({
    ok: true,
    details: {
      resultType: 'job.abort_me',
      jobRef: 'jobs.__deployment__.abort_me',
      result: { why: 'nothing to do' },
    },
  });
});

test("an agent's result has its outcome and the cost of the loop", () => {
  const body = {
    type: 'job.background_agent.triage',
    engine_version: 1,
    job_ref: 'jobs.triage',
    status: 'succeeded',
    summary: '# Done',
    result: { status: 'succeeded', summary: '# Done', tickets: 3 },
    trace: {
      loop_type: 'claude_sdk',
      model: 'm-1',
      turn_count: 4,
      input_tokens: 1200,
      output_tokens: 80,
      total_tokens: 1280,
      cost_usd: 0.0123,
      stop_reason: 'end_turn',
    },
  };
  expect(parseJobResult(body)).toMatchObject({
    ok: true,
    details: {
      agentStatus: 'succeeded',
      summary: '# Done',
      model: 'm-1',
      loopType: 'claude_sdk',
      inputTokens: 1200,
      outputTokens: 80,
      totalTokens: 1280,
      turnCount: 4,
      costUsd: '0.0123',
      stopReason: 'end_turn',
      document: body,
    },
  });
});

test.each([
  [0, '0'],
  [1e-7, '0.0000001'],
  [12, '12'],
  [100, '100'],
  [-1, null],
  [1e30, null],
  ['3', null],
])('a cost of %s is %s', (cost, text) => {
  const parsed = parseJobResult({ type: 'job.x', job_ref: 'jobs.x', trace: { cost_usd: cost } });
  expect(parsed).toMatchObject({ ok: true, details: { costUsd: text, result: null } });
});

test.each([[null], [{ type: 'other.x', job_ref: 'j' }], [{ type: 'job.x' }], [{ job_ref: 'j' }]])(
  '%j is a malformed beacon',
  (body) => {
    expect(parseJobResult(body)).toMatchObject({ ok: false, problem: { code: 'malformed_beacon' } });
  },
);
