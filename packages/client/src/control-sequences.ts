/**
 * All terminal control sequences: escape sequences (CSI, OSC with its terminator, two-character sequences),
 * their 8-bit forms, and control characters except tab. The groups are the parameters and the final character
 * of a CSI sequence.
 */
export const controlSequences =
  // eslint-disable-next-line no-control-regex
  /(?:\u001b\[|\u009b)([0-?]*)[ -/]*([@-~])?|(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]?|[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g;

/** Returns the plain text of a line that a run has written. */
export function stripAnsi(line: string): string {
  return keepLastRewrite(line).replace(controlSequences, '');
}

/** Returns the text of a line with its colours; everything else that controls a terminal is removed. */
export function keepColours(line: string): string {
  return keepLastRewrite(line).replace(
    controlSequences,
    (sequence: string, codes?: string, final?: string) =>
      final === 'm' && /^[\d;:]*$/.test(codes ?? '') ? sequence : '',
  );
}

/**
 * Replaces a line break within a line by a space, so that the words on both sides stay separate. Text after a
 * carriage return replaces the text before it, as progress bars expect.
 */
export function keepLastRewrite(content: string): string {
  const line = content.replace(/\r?\n/g, ' ');
  if (!line.includes('\r')) return line;
  return (
    line
      .replace(/\r+$/, '')
      .split('\r')
      .findLast((each) => each !== '') ?? ''
  );
}
