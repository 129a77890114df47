// Not from the index of the client: every start of the command would load all of it.
import { keepColours, stripAnsi } from '@pumphouse/client/control-sequences';

/** Text of a run, a user or the server as one line: no line breaks, and nothing that controls a terminal. */
export function toOneLine(text: string): string {
  return stripAnsi(text.replaceAll(/\s*[\r\n]+\s*/g, ' ')).trim();
}

/**
 * Removes what controls a terminal, except line breaks and, where the output is coloured, colours. Names, messages
 * and errors come from other users, from runs and from a server that may be the wrong one.
 */
export function removeControls(text: string, { isColoured }: { isColoured: boolean }): string {
  const clean = isColoured ? keepColours : stripAnsi;
  return text.split('\n').map(clean).join('\n');
}

/** JSON in which 8-bit control characters are escaped as well, so that nothing in it controls a terminal. */
export function formatJson(data: unknown, indent?: number): string {
  return JSON.stringify(data, null, indent).replaceAll(
    /[\u007f-\u009f]/g,
    (character) => `\\u00${character.charCodeAt(0).toString(16)}`,
  );
}
