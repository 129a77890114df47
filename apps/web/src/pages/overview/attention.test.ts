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

function jobWith(id: string, details: Partial<JobOverviewResponse>): JobOverviewResponse {
  return {
    id,
    state: details.last_failed_run ? 'failed' : null,
    recent_runs: [],
    last_run: null,
    last_failed_run: null,
    failing_since: null,
    ...details,
  } as JobOverviewResponse;
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

describe('failing jobs', () => {
  it('are jobs that failed and have not completed since, newest failure first, without duplicates', () => {
    const since = { job_run_id: 'run-3', number: 3, at: at(3), count: 5 };
    const payments = jobWith('payments', { last_failed_run: failedRun(7), failing_since: since });
    const orders = jobWith('orders', { last_failed_run: failedRun(9) });
    const fine = jobWith('fine', { recent_runs: [bar(1, 'completed')] });
    const found = listFailing([payments, orders], [payments, fine]);
    expect(found.map(({ job, count }) => [job.id, count])).toEqual([
      ['orders', 1],
      ['payments', 5],
    ]);
    expect(found[1]?.since).toEqual({ number: 3, at: at(3), jobRunId: 'run-3' });
  });

  it('have the failed run even if retention has removed it', () => {
    const job = jobWith('payments', {
      state: 'failed',
      last_run: { ...failedRun(8), status: 'running' },
      failing_since: { job_run_id: 'run-6', number: 6, at: at(6), count: 2 },
      recent_runs: [bar(6, 'failed'), bar(7, 'failed'), bar(8, 'running')],
    });
    expect(listFailing([job])[0]?.failed).toEqual({ id: 'run-7', number: 7, at: at(7), run: null });
  });
});

describe('failures', () => {
  it('are counted in a row', () => {
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
  ])('are found in the log by their line: %s', (exception_type, message, line) => {
    expect(lineInLog(failedRun(1, { exception_type, message }))).toBe(line);
  });

  it('have no log search without an exception', () => {
    expect(lineInLog(failedRun(1, { exception_type: null, message: 'No memory.' }))).toBeUndefined();
    expect(lineInLog(null)).toBeUndefined();
  });
});

it('derives the usual duration from completed runs', () => {
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
