import type { JobOverviewResponse } from '@pumphouse/contract';
import { describe, expect, it } from 'vitest';
import { describeRow, lineInLog, listFailing, usualSeconds } from './attention.ts';

const at = (minute: number) => `2026-11-26T10:${String(minute).padStart(2, '0')}:00Z`;
const bar = (number: number, status: string, seconds: number | null = null) => ({
  id: `run-${number}`,
  number,
  status,
  duration_seconds: seconds,
  rows_loaded: null,
  created_at: at(number),
  started_at: null,
});

function jobWith(id: string, facts: Partial<JobOverviewResponse>): JobOverviewResponse {
  return { id, recent_runs: [], last_run: null, failing_since: null, ...facts } as JobOverviewResponse;
}

const failedRun = (number: number, reason: object | null = null) =>
  ({
    id: `run-${number}`,
    number,
    status: 'failed',
    created_at: at(number),
    finished_at: at(number),
    reason,
  }) as NonNullable<JobOverviewResponse['last_run']>;

describe('the jobs that need attention', () => {
  it('are those whose last outcome failed, newest failure first, each once', () => {
    const since = { job_run_id: 'run-3', number: 3, at: at(3), count: 5 };
    const payments = jobWith('payments', { last_run: failedRun(7), failing_since: since });
    const orders = jobWith('orders', { last_run: failedRun(9) });
    const fine = jobWith('fine', { recent_runs: [bar(1, 'completed')] });
    const found = listFailing([payments, orders], [payments, fine]);
    expect(found.map(({ job, count }) => [job.id, count])).toEqual([
      ['orders', 1],
      ['payments', 5],
    ]);
    expect(found[1]?.since).toEqual({ number: 3, at: at(3), jobRunId: 'run-3' });
  });

  it('name the failure also where a newer run has come to no outcome yet', () => {
    const job = jobWith('payments', {
      last_run: { ...failedRun(8), status: 'running' },
      failing_since: { job_run_id: 'run-6', number: 6, at: at(6), count: 2 },
      recent_runs: [bar(6, 'failed'), bar(7, 'failed'), bar(8, 'running')],
    });
    expect(listFailing([job])[0]?.failed).toEqual({ id: 'run-7', number: 7, at: at(7), run: null });
  });
});

describe('words for failures', () => {
  it('counts those in a row', () => {
    expect([1, 2, 3, 11, 22, 100].map(describeRow)).toEqual([
      '',
      '2nd in a row',
      '3rd in a row',
      '11th in a row',
      '22nd in a row',
      'at least the 100th in a row',
    ]);
  });

  it.each([
    ['shop.PriceError', 'no price\nin row 7', 'shop.PriceError: no price'],
    ['KeyError', '', 'KeyError'],
    [`shop.${'a'.repeat(20)}…`, 'no price', `shop.${'a'.repeat(20)}`],
    ['ValueError', 'x'.repeat(2000), `ValueError: ${'x'.repeat(488)}`],
    ['ValueError', `${'x'.repeat(487)}😀`, `ValueError: ${'x'.repeat(487)}`],
  ])('looks in the log for the line of the failure: %s', (exception_type, message, line) => {
    expect(lineInLog(failedRun(1, { exception_type, message }))).toBe(line);
  });

  it('looks for nothing in the log where no exception is known', () => {
    expect(lineInLog(failedRun(1, { exception_type: null, message: 'No memory.' }))).toBeUndefined();
    expect(lineInLog(null)).toBeUndefined();
  });
});

it('takes what is usual from runs that completed', () => {
  const recent_runs = [
    bar(1, 'completed', 30),
    bar(2, 'failed', 1),
    bar(3, 'completed', 10),
    bar(4, 'completed', 20),
  ];
  expect(usualSeconds({ recent_runs, job_type: 'batch' })).toBe(20);
  expect(usualSeconds({ recent_runs: [], job_type: 'batch' })).toBeNull();
  // An app runs until it is stopped.
  expect(usualSeconds({ recent_runs, job_type: 'interactive' })).toBeNull();
  expect(usualSeconds(undefined)).toBeNull();
});
