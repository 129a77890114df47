/** What may stand before the word: a time, names in brackets, separators. */
const beginning = /^(?:\d[\d\-:.,TZ+ ]{6,40}|\[(?!error|critical|fatal|warn)[^\]]{0,60}\]|[|\s])*\[?/i;
const error = /^(?:error|critical|fatal)\b|^traceback \(most recent call last\)/i;
const warning = /^(?:warning|warn)\b/i;
/** The last line of a traceback: `ValueError: …`, `dlt.pipeline.exceptions.PipelineStepFailed: …`. */
const exception = /^(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Failed|Exit|Interrupt)(?::|$)/;

export type GuessedLevel = 'error' | 'warning' | null;

/**
 * A guess by how a line begins, since what programs print has no levels.
 * @param text without the sequences of colours
 */
export function guessLevel(text: string): GuessedLevel {
  const start = text.slice(0, 200).replace(beginning, '');
  if (error.test(start) || exception.test(start)) return 'error';
  return warning.test(start) ? 'warning' : null;
}
