import { describe, expect, it } from 'vitest';
import { CronSyntaxError, toCronerPattern } from './cron-expression.ts';
import { findCronProblem, latestTick, listTicks, nextTick } from './cron.ts';

describe('toCronerPattern', () => {
  it.each([
    ['0 6 * * *', '0 0 6 * * * *'],
    ['*/10 * * * * */15', '0,15,30,45 0,10,20,30,40,50 * * * * *'],
    ['0 0 1 1 * 0 2030', '0 0 0 1 1 * 2030'],
    ['@daily', '0 0 0 * * * *'],
    ['@ANNUALLY', '0 0 0 1 1 * *'],
    ['  0   6 * * *  ', '0 0 6 * * * *'],
    ['0 22-2 * * *', '0 0 0,1,2,22,23 * * * *'],
    ['50-10/5 * * * *', '0 0,5,10,50,55 * * * * *'],
    ['50-10/7 * * * *', '0 5,50,57 * * * * *'],
    ['5/15 * * * *', '0 5,20,35,50 * * * * *'],
    ['0 12-12 * * *', '0 0 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23 * * * *'],
    ['0 0 * * sat-mon', '0 0 0 * * 0,1,6 *'],
    ['0 0 * * 6-7', '0 0 0 * * 0,6 *'],
    ['0 0 * * 7-2', '0 0 0 * * 0,1,2 *'],
    ['0 0 * JAN,mar *', '0 0 0 * 1,3 * *'],
    ['0 0 ? * 1', '0 0 0 * * 1 *'],
    ['0 0 1 * ?', '0 0 0 1 * * *'],
    ['0 0 L * *', '0 0 0 L * * *'],
    ['0 0 15,L * 1', '0 0 0 15,L * 1 *'],
    ['0 0 * * L5', '0 0 0 * * 5#L *'],
    ['0 0 * * 5#2,mon#1', '0 0 0 * * 5#2,1#1 *'],
    ['0 0 * * L7', '0 0 0 * * 0#L *'],
    ['0 0 15W * *', '0 0 0 15W * * *'],
    ['0 0 */31 * 0-6', '0 0 0 1 * * *'],
    ['0 0 1 * 0-6', '0 0 0 1 * 0,1,2,3,4,5,6 *'],
  ])('rewrites %s', (expression, pattern) => {
    expect(toCronerPattern(expression)).toBe(pattern);
  });

  it('picks one stable value in the range for R', () => {
    const pattern = toCronerPattern('R(10-20) R R * *');
    expect(pattern).toBe(toCronerPattern('r(10-20) r r * *'));
    const [second, minute, hour, day] = pattern.split(' ').map(Number);
    expect(second).toBe(0);
    expect(minute).toBeGreaterThanOrEqual(10);
    expect(minute).toBeLessThanOrEqual(20);
    expect(hour).toBeLessThanOrEqual(23);
    expect(day).toBeLessThanOrEqual(28);
  });

  it('applies the step from the value that R picks', () => {
    const minutes = toCronerPattern('R/15 * * * *').split(' ')[1]?.split(',').map(Number) ?? [];
    const [first = NaN] = minutes;
    expect(first).toBeLessThan(15);
    expect(minutes).toEqual([first, first + 15, first + 30, first + 45]);
  });

  it.each([
    ['nope', "expected 5, 6 or 7 fields or an alias such as @daily, got 'nope'"],
    ['@reboot', "expected 5, 6 or 7 fields or an alias such as @daily, got '@reboot'"],
    ['* * * * * * * *', "expected 5, 6 or 7 fields or an alias such as @daily, got '* * * * * * * *'"],
    ['H * * * *', "minute: 'h' is not understood"],
    ['60 * * * *', 'minute: 60 is out of range 0-59'],
    ['0 24 * * *', 'hour: 24 is out of range 0-23'],
    ['0 0 0 * *', 'day of month: 0 is out of range 1-31'],
    ['0 0 * 13 *', 'month: 13 is out of range 1-12'],
    ['0 0 * * 8', 'day of week: 8 is out of range 0-7'],
    ['*/0 * * * *', "minute: the step of '*/0' must be at least 1"],
    ['1,,2 * * * *', "minute: '' is not understood"],
    ['*-5 * * * *', "minute: '*-5' is not understood"],
    ['? * * * *', "minute: '?' is not understood"],
    ['0 0 * * 5#6', "day of week: '5#6' needs an occurrence from 1 to 5"],
    ['0 0 * * 1,L5', "day of week: '1,l5' mixes plain weekdays with numbered ones"],
    ['0 0 1 * 5#2', "day of week: '5#2' cannot be combined with a day of month"],
    ['0 0 31W * *', "day of month: '31W' is supported for days 1 to 28"],
    ['0 0 15W * 1', "day of month: '15W' cannot be combined with a day of week"],
    ['R(20-10) * * * *', "minute: the range of 'r(20-10)' must go up"],
    ['R,5 * * * *', "minute: 'r,5' is not understood"],
    ['0 0 * * january', "day of week: 'january' is not understood"],
  ])('rejects %s', (expression, reason) => {
    expect(() => toCronerPattern(expression)).toThrow(new CronSyntaxError(reason));
    expect(findCronProblem(expression)).toBe(reason);
  });

  it('rejects expressions that never occur, accepts expressions in the past', () => {
    expect(findCronProblem('0 0 31 4 *')).toBe('it never occurs');
    expect(findCronProblem('0 0 * * * 0 1990')).toBeNull();
  });
});

describe('ticks in UTC', () => {
  it('ORs two day fields and numbers weekdays', () => {
    expect(ticksAfter('0 0 1 * 1', '2026-11-24T00:00:00Z', 'UTC', 2)).toEqual([
      '2026-11-30T00:00:00Z',
      '2026-12-01T00:00:00Z',
    ]);
    expect(ticksAfter('0 0 * * L5', '2026-11-24T10:00:01Z', 'UTC', 3)).toEqual([
      '2026-11-27T00:00:00Z',
      '2026-12-25T00:00:00Z',
      '2027-01-29T00:00:00Z',
    ]);
    expect(ticksAfter('0 0 * * 5#2,1#1', '2026-11-24T10:00:01Z', 'UTC', 3)).toEqual([
      '2026-12-07T00:00:00Z',
      '2026-12-11T00:00:00Z',
      '2027-01-04T00:00:00Z',
    ]);
    expect(ticksAfter('0 0 L,15 * *', '2026-11-24T10:00:01Z', 'UTC', 3)).toEqual([
      '2026-11-30T00:00:00Z',
      '2026-12-15T00:00:00Z',
      '2026-12-31T00:00:00Z',
    ]);
  });

  it('ends after the last year', () => {
    const at = new Date('2031-01-01T00:00:00Z');
    expect(nextTick('0 0 1 1 * 0 2030', at, 'UTC')).toBeNull();
    expect(latestTick('0 0 1 1 * 0 2030', at, 'UTC')?.at).toEqual(new Date('2030-01-01T00:00:00Z'));
    expect(latestTick('0 0 1 1 * 0 2030', new Date('2029-01-01T00:00:00Z'), 'UTC')).toBeNull();
  });

  it('counts a tick as elapsed at its own instant, not a millisecond earlier', () => {
    const tick = new Date('2026-11-24T06:00:00Z');
    expect(latestTick('0 6 * * *', tick, 'UTC')?.at).toEqual(tick);
    expect(latestTick('0 6 * * *', new Date(tick.getTime() - 1), 'UTC')?.at).toEqual(
      new Date('2026-11-23T06:00:00Z'),
    );
  });
});

describe('ticks around a clock change', () => {
  it('never go back in the repeated hour', () => {
    expect(ticksAfter('*/20 * * * *', '2026-10-25T00:30:00Z', 'Europe/Berlin', 3)).toEqual([
      '2026-10-25T00:40:00Z',
      '2026-10-25T02:00:00Z',
      '2026-10-25T02:20:00Z',
    ]);
    const secondPass = new Date('2026-10-25T01:05:00Z');
    expect(nextTick('*/20 * * * *', secondPass, 'Europe/Berlin')).toEqual(new Date('2026-10-25T02:00:00Z'));
    expect(latestTick('*/20 * * * *', secondPass, 'Europe/Berlin')?.at).toEqual(
      new Date('2026-10-25T00:40:00Z'),
    );
  });

  it('include a tick that a gap moves to the end of the gap', () => {
    const afterGap = new Date('2026-03-29T01:10:00Z');
    expect(nextTick('30 2 * * *', afterGap, 'Europe/Berlin')).toEqual(new Date('2026-03-29T01:30:00Z'));
    expect(latestTick('30 2 * * *', afterGap, 'Europe/Berlin')?.at).toEqual(new Date('2026-03-28T01:30:00Z'));
    expect(latestTick('30 2 * * *', new Date('2026-03-29T01:30:00Z'), 'Europe/Berlin')?.at).toEqual(
      new Date('2026-03-29T01:30:00Z'),
    );
  });

  it('keep their order when a half-hour gap moves one past another', () => {
    expect(ticksAfter('15,40 2 * * *', '2026-10-03T14:00:00Z', 'Australia/Lord_Howe', 3)).toEqual([
      '2026-10-03T15:40:00Z',
      '2026-10-03T15:45:00Z',
      '2026-10-04T15:15:00Z',
    ]);
  });

  it.each([
    ['before the moved one', '2026-10-03T15:44:00Z', '2026-10-03T15:40:00Z'],
    ['at the moved one', '2026-10-03T15:45:00Z', '2026-10-03T15:45:00Z'],
    ['an hour later', '2026-10-03T16:30:00Z', '2026-10-03T15:45:00Z'],
    ['days later', '2026-10-09T00:00:00Z', '2026-10-03T15:45:00Z'],
  ])('find the latest when a half-hour gap moves one past another: %s', (_, at, latest) => {
    // The gap moves 02:15 to 02:45, past 02:40. On Sundays only, so that no later tick hides the effect.
    const tick = latestTick('15,40 2 * * 0', new Date(at), 'Australia/Lord_Howe');
    expect(tick?.at).toEqual(new Date(latest));
  });

  it('find the previous one when a half-hour gap moves one past another', () => {
    const before = (at: string) =>
      latestTick('15,40 2,3 * * *', new Date(at), 'Australia/Lord_Howe')?.previous;
    expect(before('2026-10-03T15:40:00Z')).toEqual(new Date('2026-10-02T17:10:00Z'));
    expect(before('2026-10-03T15:45:00Z')).toEqual(new Date('2026-10-03T15:40:00Z'));
    expect(before('2026-10-03T16:15:00Z')).toEqual(new Date('2026-10-03T15:45:00Z'));
  });

  it('list both ticks that a gap moves to the same instant', () => {
    const ticks = listTicks(
      '0 * * * *',
      new Date('2026-03-29T00:00:00Z'),
      new Date('2026-03-29T02:00:00Z'),
      'Europe/Berlin',
    );
    expect(ticks.map(formatInstant)).toEqual([
      '2026-03-29T00:00:00Z',
      '2026-03-29T01:00:00Z',
      '2026-03-29T01:00:00Z',
      '2026-03-29T02:00:00Z',
    ]);
  });

  it('never list more ticks than the limit', () => {
    const from = new Date('2026-01-01T00:00:00Z');
    expect(listTicks('* * * * * *', from, new Date('2027-01-01T00:00:00Z'), 'UTC', 5)).toHaveLength(5);
  });
});

function ticksAfter(expression: string, from: string, zone: string, count: number): string[] {
  const ticks: string[] = [];
  let at = new Date(from);
  while (ticks.length < count) {
    const tick = nextTick(expression, at, zone);
    if (tick === null) break;
    ticks.push(formatInstant(tick));
    at = tick;
  }
  return ticks;
}

function formatInstant(at: Date): string {
  return at.toISOString().replace('.000Z', 'Z');
}
