import { describe, expect, it } from 'vitest';
import { decideLeftPackage, type LeftPackage } from './left-packages.ts';

const day = (number: number) => new Date(Date.UTC(2026, 2, number));
const days = (start: number, end: number) => ({ start: day(start), end: day(end) });

/** Of a scheduled run for March 3rd that was killed; nothing before it is left to load. */
const left: LeftPackage = {
  interval: days(3, 4),
  isCompleted: false,
  isOfBackfill: false,
  asking: null,
  completed: [],
  dueFrom: day(3),
};
const decide = (changes: Partial<LeftPackage>) => decideLeftPackage({ ...left, ...changes }).decision;

describe('a package that a run left', () => {
  it('is finished if its run loaded by the state of its pipelines, or at a point in time', () => {
    expect(decide({ interval: null })).toBe('finish');
    expect(decide({ interval: days(3, 3) })).toBe('finish');
  });

  it('is replaced by the run that loads its time again', () => {
    expect(decideLeftPackage({ ...left, asking: days(3, 5) })).toEqual({
      decision: 'replaced',
      reason: 'this run loads the time from 2026-03-03 00:00:00 to 2026-03-04 00:00:00 UTC again',
    });
    // The first of several windows of a backfill: the others load the rest.
    expect(decide({ interval: days(3, 6), asking: days(3, 4) })).toBe('replaced');
  });

  it('is replaced once other runs have loaded its time, as on another machine', () => {
    expect(decide({ completed: [days(1, 4)], dueFrom: day(4), asking: days(4, 5) })).toBe('replaced');
    expect(decide({ completed: [days(1, 4)], isOfBackfill: true })).toBe('replaced');
  });

  it('stays for the run that loads its time', () => {
    expect(decide({})).toBe('left');
    expect(decide({ asking: days(5, 5) })).toBe('left');
    expect(decide({ interval: days(3, 5), completed: [days(3, 4)], dueFrom: day(4) })).toBe('left');
    // A window of a backfill is retried, although the schedule is past it.
    expect(decide({ isOfBackfill: true, dueFrom: day(8), asking: days(4, 5) })).toBe('left');
  });

  it('is finished if no run will load its time: the first run of a job without a declared start', () => {
    expect(decide({ dueFrom: day(4), asking: days(4, 5) })).toBe('finish');
    expect(decide({ dueFrom: null })).toBe('finish');
  });

  it('is finished if its run completed, unless it is loaded again as a whole', () => {
    expect(decide({ isCompleted: true, completed: [days(1, 4)] })).toBe('finish');
    expect(decide({ isCompleted: true, interval: days(3, 6), asking: days(3, 4) })).toBe('finish');
    expect(decide({ isCompleted: true, interval: days(3, 6), asking: days(2, 6) })).toBe('replaced');
  });
});
