import { looksLikeError } from '@pumphouse/contract';

/** A warning at the start of a line, optionally after a time, brackets or separators. */
const warning = /^[\s\d:.,+/|()[\]<>TZ-]*(?:WARNING|WARN|(?:[Ww]arning)(?=\s*[:\]|]))\b/;

/** Only the start of a line is checked for its level. */
const readCharacters = 300;

export type GuessedLevel = 'error' | 'warning' | null;

/**
 * Guesses the level from the start of a line, since program output has no levels. Errors match the server's
 * rule.
 * @param text without colour sequences
 */
export function guessLevel(text: string): GuessedLevel {
  const start = text.slice(0, readCharacters);
  if (looksLikeError(start)) return 'error';
  return warning.test(start) ? 'warning' : null;
}
