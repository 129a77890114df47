/** Colours, times, brackets and the like that loggers print before the level. */
const preamble = String.raw`(?:\u001b\[[\d;]*m|[\s\d:.,+/|()\[\]<>TZ-])*`;
/** The level as loggers print it, not the word in a sentence: in capitals, or followed by a colon. */
const levelWord = String.raw`(?:ERROR|CRITICAL|FATAL|PANIC|(?:[Ee]rror|[Cc]ritical|[Ff]atal|[Pp]anic)(?=\s*[:\]|]))\b`;
const beginning = new RegExp(`^${preamble}(?:${levelWord}|Traceback \\(most recent call last\\))`, 'u');
/** The last line of a traceback: `ValueError: no such table`, `requests.exceptions.ConnectionError: ...`. */
const raised = /^[\w.]*(?:Error|Exception)(?::|$)/u;

/** Every error line contains one of these words, in any case; a cheap check before the full one. */
export const errorHint = /error|critical|fatal|panic|traceback|exception/i;

/**
 * Whether a line looks like an error, judging by its beginning. This is a guess: programs may print anything,
 * and errors in other forms are missed.
 */
export function looksLikeError(content: string): boolean {
  return beginning.test(content) || raised.test(content);
}
