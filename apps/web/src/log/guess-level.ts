import { looksLikeError } from '@pumphouse/contract';

/** What may stand before the word: a time, a bracket, separators. */
const warning = /^[\s\d:.,+/|()[\]<>TZ-]*(?:WARNING|WARN|(?:[Ww]arning)(?=\s*[:\]|]))\b/;

/** More of a line says nothing of its level. */
const readCharacters = 300;

export type GuessedLevel = 'error' | 'warning' | null;

/**
 * A guess by how a line begins, since what programs print has no levels. Errors are those that the server finds.
 * @param text without the sequences of colours
 */
export function guessLevel(text: string): GuessedLevel {
  const start = text.slice(0, readCharacters);
  if (looksLikeError(start)) return 'error';
  return warning.test(start) ? 'warning' : null;
}
