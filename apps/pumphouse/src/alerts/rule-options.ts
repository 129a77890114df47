import type { AlertRuleRequest, AlertSeverity } from '@pumphouse/contract';
import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';
import { parseAge } from '../terminal/parse-value.ts';

/** The options that `alert rules create` and `alert rules update` share. An absent one leaves the rule as it is. */
export interface RuleOptions {
  severity?: AlertSeverity;
  channel?: string[];
  job?: string[];
  tag?: string[];
  pipeline?: string[];
  set?: string[];
  remind?: string;
  quietHours?: string;
  holdCritical?: boolean;
}

type Conditions = AlertRuleRequest['conditions'];
type QuietHours = NonNullable<AlertRuleRequest['quiet_hours']>;

const numbers = [
  'failures_in_row',
  'after_seconds',
  'times_usual',
  'minimum_runs',
  'deviations',
  'percent',
] as const;
const lists = ['failure_codes', 'schema_changes'] as const;

/**
 * Parses conditions such as `after_seconds=10m`, `percent=90` or `schema_changes=table_removed,type_conflict`.
 * The server checks whether the kind of the rule has them.
 * @throws CommandError invalid_condition
 */
export function parseConditions(entries: readonly string[]): Conditions {
  const conditions: Record<string, unknown> = {};
  for (const entry of entries) {
    const [, name = '', value = ''] = /^([a-z_]+)=(.+)$/.exec(entry) ?? [];
    if (lists.some((each) => each === name)) conditions[name] = value.split(',').map((each) => each.trim());
    else if (numbers.some((each) => each === name)) conditions[name] = parseNumber(entry, name, value);
    else throw refuse(entry);
  }
  return conditions;
}

function parseNumber(entry: string, name: string, value: string): number {
  if (name === 'after_seconds' && /[a-z]/.test(value)) return parseAge(value) / 1000;
  if (!/^\d{1,9}(\.\d{1,6})?$/.test(value)) throw refuse(entry);
  return Number(value);
}

function refuse(entry: string): CommandError {
  return new CommandError(`${entry} is not a condition.`, {
    code: 'invalid_condition',
    exitCode: exitCodes.usage,
    nextStep: `Give NAME=VALUE with one of ${[...numbers, ...lists].join(', ')}.`,
  });
}

/**
 * Parses quiet hours such as `mon-fri 22:00-07:00 Europe/Berlin` or `sat,sun 00:00-00:00 UTC`; `off` has none.
 * @throws CommandError invalid_quiet_hours
 */
export function parseQuietHours(text: string, holdsCritical: boolean): QuietHours | null {
  if (text === 'off') return null;
  const [, days = '', from, to, timeZone] =
    /^([a-z,-]+) (\d\d:\d\d)-(\d\d:\d\d) (\S+)$/.exec(text.trim().toLowerCase()) ?? [];
  const weekdays = days.split(',').flatMap(parseDays);
  if (from === undefined || to === undefined || timeZone === undefined || weekdays.includes(0))
    throw new CommandError(`${text} are not quiet hours.`, {
      code: 'invalid_quiet_hours',
      exitCode: exitCodes.usage,
      nextStep: 'Give days, times and a time zone, such as "mon-fri 22:00-07:00 Europe/Berlin", or off.',
    });
  // Time zones have capital letters.
  const zone = text.trim().split(' ').at(-1) ?? timeZone;
  return { weekdays: [...new Set(weekdays)], from, to, time_zone: zone, holds_critical: holdsCritical };
}

const dayNames = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** Days of the week from 1 (Monday); 0 for a name that is none. */
function parseDays(part: string): number[] {
  const [first = '', last = first, ...rest] = part.split('-');
  const [from, to] = [dayNames.indexOf(first) + 1, dayNames.indexOf(last) + 1];
  if (from === 0 || to === 0 || rest.length > 0) return [0];
  const count = ((to - from + 7) % 7) + 1;
  return Array.from({ length: count }, (_, index) => ((from - 1 + index) % 7) + 1);
}

/** The interval of reminders in seconds, or null for `off`. */
export const parseReminder = (text: string): number | null => (text === 'off' ? null : parseAge(text) / 1000);
