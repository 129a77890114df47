/** Colours, times, brackets and the like, with which loggers begin a line before they say how bad it is. */
const preamble = String.raw`(?:\u001b\[[\d;]*m|[\s\d:.,+/|()\[\]<>TZ-])*`;
/** As loggers write it, and not the word within a sentence: capitals, or a colon behind it. */
const levelWord = String.raw`(?:ERROR|CRITICAL|FATAL|PANIC|(?:[Ee]rror|[Cc]ritical|[Ff]atal|[Pp]anic)(?=\s*[:\]|]))\b`;
const beginning = new RegExp(`^${preamble}(?:${levelWord}|Traceback \\(most recent call last\\))`, 'u');
/** The last line of a traceback: `ValueError: no such table`, `requests.exceptions.ConnectionError: ...`. */
const raised = /^[\w.]*(?:Error|Exception)(?::|$)/u;

/** All that a line has to have somewhere, in any case, to be taken for an error: looked for before a line is read. */
export const errorHint = /error|critical|fatal|panic|traceback|exception/i;

/**
 * Whether a line looks like an error by how it begins. A guess: a program may print what it likes, and an error that is told in other
 * words is not found.
 */
export function looksLikeError(content: string): boolean {
  return beginning.test(content) || raised.test(content);
}
