import { describe, expect, it } from 'vitest';
import { dailyTrends, spanDays } from './daily-trends.ts';

const now = new Date('2030-01-01');

function daysOf(count: number) {
  return Array.from({ length: count }, (_, index) => {
    const at = (offset: number) => new Date(Date.UTC(2026, 0, 1 + index + offset)).toISOString();
    return { date: at(0).slice(0, 10), start: at(0), end: at(1) };
  });
}

function sumsOf(days: number) {
  const ones = Array.from({ length: days }, () => 1);
  return {
    average_duration_ms: ones.map(() => 2000),
    schema_migration_count: ones,
    succeeded_pipeline_run_count: ones,
    total_bytes_loaded: ones,
    total_duration_ms: ones,
    total_pipeline_run_count: ones.map(() => 3),
    total_rows_extracted: ones,
    total_rows_loaded: ones,
  };
}

describe('spanDays', () => {
  it('returns single days up to a quarter', () => {
    const spans = spanDays(daysOf(90), now);
    expect(spans).toHaveLength(90);
    expect(spans[1]).toMatchObject({ label: '2 Jan', title: 'Fri, 2 Jan 2026', from: 1, to: 2 });
  });

  it('marks a day that is not over', () => {
    const spans = spanDays(daysOf(2), new Date('2026-01-02T12:00:00Z'));
    expect(spans.map(({ isPartial }) => isPartial)).toEqual([false, true]);
    expect(spans[1]?.title).toBe('Fri, 2 Jan 2026 so far');
  });

  it('groups a year into weeks, with a complete last week', () => {
    const spans = spanDays(daysOf(365), now);
    expect(spans).toHaveLength(53);
    expect(spans[0]).toMatchObject({ from: 0, to: 1 });
    expect(spans.at(-1)).toMatchObject({
      from: 358,
      to: 365,
      title: '25 Dec to Thu, 31 Dec 2026',
      start: '2026-12-25T00:00:00.000Z',
      end: '2027-01-01T00:00:00.000Z',
    });
  });
});

describe('dailyTrends', () => {
  it('sums the days of a span and counts runs that did not succeed as failed', () => {
    const trends = dailyTrends(spanDays(daysOf(365), now), sumsOf(365));
    expect(trends.rows.series[0]?.values.at(-1)).toBe(7);
    expect(trends.runs.series.map(({ values }) => values.at(-1))).toEqual([7, 14]);
    expect(trends.duration.series[0]?.values.at(-1)).toBe(2);
  });

  it('weights averages by the number of runs, with null for spans without runs', () => {
    const sums = {
      ...sumsOf(101),
      average_duration_ms: Array.from({ length: 101 }, (_, day) =>
        day === 100 ? 9000 : day === 99 ? 1000 : null,
      ),
      total_pipeline_run_count: Array.from({ length: 101 }, (_, day) => (day === 100 ? 1 : 3)),
    };
    const { values } = dailyTrends(spanDays(daysOf(101), now), sums).duration.series[0] ?? { values: [] };
    expect(values.at(-1)).toBe(3);
    expect(values[0]).toBeNull();
  });
});
