import type { SumPiece, Window } from './statistics-window.ts';
import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { propertySeed } from '../../../../../testing/fixtures/property-seed.ts';
import { daysOfWindow, piecesOfWindow, planDays } from './statistics-window.ts';

const dayMs = 86_400_000;
const at = (text: string) => new Date(text);
const instant = fc
  .tuple(fc.nat(4000), fc.oneof(fc.constant(0), fc.nat(dayMs - 1)))
  .map(([day, ms]) => new Date(Date.parse('2020-01-01T00:00:00Z') + day * dayMs + ms));

/** Counts how often the pieces include an instant. */
function timesCounted(pieces: readonly SumPiece[], ms: number): number {
  return pieces
    .filter((piece) => ms >= piece.fromMs && ms < piece.toMs)
    .reduce((times, piece) => times + piece.sign, 0);
}

function describePieces(window: Window): string[] {
  const text = (ms: number) => (Number.isFinite(ms) ? new Date(ms).toISOString().slice(0, 16) : String(ms));
  return piecesOfWindow(window).map(
    ({ source, fromMs, toMs, sign }) => `${sign} ${source} ${text(fromMs)} ${text(toMs)}`,
  );
}

describe('the pieces of a window', () => {
  it('are months, days and remainders at both ends', () => {
    const window = { start: at('2026-01-20T10:00:00Z'), end: at('2026-06-10T22:00:00Z') };
    expect(describePieces(window)).toEqual([
      '1 month 2026-02-01T00:00 2026-06-01T00:00',
      '1 day 2026-01-20T00:00 2026-02-01T00:00',
      '1 day 2026-06-01T00:00 2026-06-11T00:00',
      '-1 run 2026-01-20T00:00 2026-01-20T10:00',
      '-1 run 2026-06-10T22:00 2026-06-11T00:00',
    ]);
  });

  it.each([
    [{ start: null, end: null }, ['1 month -Infinity Infinity']],
    [{ start: at('2026-03-01T00:00:00Z'), end: null }, ['1 month 2026-03-01T00:00 Infinity']],
    [
      { start: at('2026-03-03T13:00:00Z'), end: at('2026-03-04T11:00:00Z') },
      ['1 run 2026-03-03T13:00 2026-03-04T11:00'],
    ],
    [
      { start: at('2026-03-03T00:00:00Z'), end: at('2026-03-05T00:00:00Z') },
      ['1 day 2026-03-03T00:00 2026-03-05T00:00'],
    ],
    [{ start: at('2026-03-05T00:00:00Z'), end: at('2026-03-05T00:00:00Z') }, []],
    [
      { start: at('0001-01-20T00:00:00Z'), end: null },
      ['1 month 0001-02-01T00:00 Infinity', '1 day 0001-01-20T00:00 0001-02-01T00:00'],
    ],
  ])('of %j are %j', (window, expected) => {
    expect(describePieces(window)).toEqual(expected);
  });

  it('count every instant of the window exactly once and no other, with rollup boundaries', () => {
    const window = fc.record({ start: fc.option(instant), end: fc.option(instant) });
    const property = fc.property(window, fc.array(instant), (window, instants) => {
      const pieces = piecesOfWindow(window);
      const [from, to] = [window.start?.getTime() ?? -Infinity, window.end?.getTime() ?? Infinity];
      const borders = pieces.flatMap(({ fromMs, toMs }) => [fromMs, toMs, fromMs - 1, toMs - 1]);
      for (const ms of [...instants.map((one) => one.getTime()), ...borders.filter(Number.isFinite)])
        expect(timesCounted(pieces, ms)).toBe(ms >= from && ms < to ? 1 : 0);
      for (const { source, fromMs, toMs } of pieces) {
        expect(fromMs).toBeLessThan(toMs);
        for (const ms of [fromMs, toMs].filter(Number.isFinite)) {
          if (source !== 'run') expect(ms % dayMs).toBe(0);
          if (source === 'month') expect(new Date(ms).getUTCDate()).toBe(1);
        }
      }
    });
    fc.assert(property, { seed: propertySeed, numRuns: 500 });
  });

  it('read at most half a day of runs at each end', () => {
    const property = fc.property(instant, instant, (start, end) => {
      const runs = piecesOfWindow({ start, end }).filter(({ source }) => source === 'run');
      const readMs = runs.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
      expect(readMs).toBeLessThanOrEqual(dayMs);
    });
    fc.assert(property, { seed: propertySeed, numRuns: 500 });
  });
});

describe('the days of a window', () => {
  const dates = (start: string, end: string, zone: string) =>
    daysOfWindow({ start: at(start), end: at(end) }, zone).map(({ date, startMs, endMs }) => [
      date,
      (endMs - startMs) / 3_600_000,
    ]);

  it('have 23 or 25 hours at clock changes', () => {
    expect(dates('2026-03-28T12:00:00Z', '2026-03-29T22:00:00Z', 'Europe/Berlin')).toEqual([
      ['2026-03-28', 24],
      ['2026-03-29', 23],
    ]);
    expect(dates('2026-10-25T12:00:00Z', '2026-10-25T12:00:01Z', 'Europe/Berlin')).toEqual([
      ['2026-10-25', 25],
    ]);
  });

  it('omit a date that a zone skipped', () => {
    expect(dates('2011-12-30T00:00:00Z', '2011-12-31T00:00:00Z', 'Pacific/Apia')).toEqual([
      ['2011-12-29', 24],
      ['2011-12-31', 24],
    ]);
  });
});

describe('the day plan of a time zone', () => {
  const plan = (zone: string, unit: 'day' | 'hour') =>
    planDays(
      daysOfWindow({ start: at('2026-01-10T12:00:00Z'), end: at('2026-01-10T13:00:00Z') }, zone),
      unit,
    );
  const ms = (texts: string[]) => texts.map((text) => Date.parse(`${text}:00Z`));
  const midnightsMs = ms(['2026-01-10T00:00', '2026-01-11T00:00']);

  it('uses UTC days, and moves the runs between the two midnights', () => {
    expect(plan('UTC', 'day')).toEqual({ unit: 'day', bordersMs: midnightsMs, corrections: [] });
    expect(plan('Europe/Berlin', 'day')).toEqual({
      unit: 'day',
      bordersMs: midnightsMs,
      corrections: [
        { fromMs: Date.parse('2026-01-09T23:00:00Z'), toMs: midnightsMs[0], fromDay: -1, toDay: 0 },
        { fromMs: Date.parse('2026-01-10T23:00:00Z'), toMs: midnightsMs[1], fromDay: 0, toDay: 1 },
      ],
    });
    expect(plan('America/New_York', 'day').corrections).toEqual([
      { fromMs: midnightsMs[0], toMs: Date.parse('2026-01-10T05:00:00Z'), fromDay: 0, toDay: -1 },
      { fromMs: midnightsMs[1], toMs: Date.parse('2026-01-11T05:00:00Z'), fromDay: 1, toDay: 0 },
    ]);
  });

  it('uses hours unchanged, and moves runs only if a midnight falls within an hour', () => {
    expect(plan('America/New_York', 'hour')).toEqual({
      unit: 'hour',
      bordersMs: ms(['2026-01-10T05:00', '2026-01-11T05:00']),
      corrections: [],
    });
    const [first, last] = ms(['2026-01-09T19:00', '2026-01-10T19:00']);
    expect(plan('Asia/Kolkata', 'hour')).toEqual({
      unit: 'hour',
      bordersMs: [first, last],
      corrections: [
        { fromMs: Date.parse('2026-01-09T18:30:00Z'), toMs: first, fromDay: -1, toDay: 0 },
        { fromMs: Date.parse('2026-01-10T18:30:00Z'), toMs: last, fromDay: 0, toDay: 1 },
      ],
    });
  });
});
