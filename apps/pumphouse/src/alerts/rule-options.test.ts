import { describe, expect, it } from 'vitest';
import { parseConditions, parseQuietHours, parseReminder } from './rule-options.ts';

describe('conditions of a rule', () => {
  it('are numbers, durations and lists', () => {
    const entries = ['after_seconds=10m', 'times_usual=2.5', 'schema_changes=table_removed, type_conflict'];
    expect(parseConditions(entries)).toEqual({
      after_seconds: 600,
      times_usual: 2.5,
      schema_changes: ['table_removed', 'type_conflict'],
    });
    expect(parseConditions(['after_seconds=90'])).toEqual({ after_seconds: 90 });
  });

  it.each(['percent', 'percent=', 'percent=many', 'other=1', 'after_seconds=soon'])(
    'are refused: %s',
    (entry) => {
      expect(() => parseConditions([entry])).toThrow(/is not a/);
    },
  );
});

describe('quiet hours', () => {
  it.each([
    ['mon-fri 22:00-07:00 Europe/Berlin', [1, 2, 3, 4, 5], 'Europe/Berlin'],
    ['sat,sun 00:00-00:00 UTC', [6, 7], 'UTC'],
    ['Fri-Mon 20:00-08:00 UTC', [5, 6, 7, 1], 'UTC'],
  ])('%s', (text, weekdays, zone) => {
    expect(parseQuietHours(text, true)).toMatchObject({ weekdays, time_zone: zone, holds_critical: true });
  });

  it.each(['mon 22:00 UTC', 'monday 22:00-07:00 UTC', 'mon 22:00-07:00', 'mon-tue-wed 22:00-07:00 UTC'])(
    'are refused: %s',
    (text) => {
      expect(() => parseQuietHours(text, false)).toThrow('are not quiet hours');
    },
  );

  it('and reminders can be off', () => {
    expect(parseQuietHours('off', false)).toBeNull();
    expect(parseReminder('off')).toBeNull();
    expect(parseReminder('4h')).toBe(14_400);
  });
});
