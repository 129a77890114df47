import { keepColours, stripAnsi } from '@pumphouse/client';
import type { LogLineExcerpt } from '@pumphouse/contract';
import { disarmWorkflowCommand, isGitHubActions } from '../runs/annotate-failure.ts';
import type { Terminal } from '../terminal/terminal.ts';

interface LineOptions {
  /** Begin with the time of the line. */
  timestamps?: boolean | undefined;
}

/** How messages from Pumphouse begin, which users could take for output of their code. */
export const runnerPrefix = 'Pumphouse: ';

/**
 * Formats a line of a log for the terminal. Output of a run is hostile: of all control sequences only colours
 * stay, and only on a terminal.
 */
export function formatLine(
  terminal: Pick<Terminal, 'tone' | 'env'>,
  line: LogLineExcerpt,
  { timestamps }: LineOptions = {},
): string {
  const time = timestamps ? terminal.tone('quiet', `${line.reported_at} `) : '';
  const text = colourLine(terminal, line) + (line.truncated ? '…' : '');
  const shown = isGitHubActions(terminal.env) ? disarmWorkflowCommand(text) : text;
  return `${time}${shown}`;
}

function colourLine(
  { tone }: Pick<Terminal, 'tone'>,
  { content, source, io_stream }: LogLineExcerpt,
): string {
  const plain = stripAnsi(content);
  if (source === 'runner') return tone('quiet', runnerPrefix + plain);
  if (source === 'setup') return tone('quiet', plain);
  // A terminal without colours returns the text unchanged.
  const isColoured = tone('strong', 'x') !== 'x';
  if (!isColoured) return plain;
  const coloured = keepColours(content);
  if (coloured !== plain) return `${coloured}\u001B[0m`;
  return io_stream === 'stderr' ? tone('warning', plain) : plain;
}
