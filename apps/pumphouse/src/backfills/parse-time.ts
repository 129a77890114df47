import { CommandError } from '../errors/command-error.ts';
import { exitCodes } from '../errors/exit-codes.ts';

/**
 * Parses a date (midnight in UTC) or an ISO 8601 time; without an offset it is in UTC.
 * @returns ISO 8601 with `Z`
 * @throws CommandError invalid_time
 */
export function parseTime(text: string): string {
  const found =
    /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?<offset>Z|[+-]\d{2}:\d{2})?)?$/i.exec(
      text,
    );
  const isDate = text.length === 10;
  const withOffset = isDate || found?.groups?.['offset'] ? text : `${text}Z`;
  const at = found ? new Date(withOffset.replace(' ', 'T')) : new Date(Number.NaN);
  if (!Number.isNaN(at.getTime())) return at.toISOString();
  throw new CommandError(`${text} is not a date or a time.`, {
    code: 'invalid_time',
    exitCode: exitCodes.usage,
    nextStep: 'Give a date such as 2026-01-31, or a time such as 2026-01-31T06:00Z.',
  });
}
