import { parseAge } from '../terminal/parse-value.ts';

/**
 * The end of a pause that begins now and lasts for a duration such as `4h`.
 * @throws CommandError for a text that is no duration
 */
export function readPauseEnd(duration: string): string {
  return new Date(Date.now() + parseAge(duration)).toISOString();
}
