import { readTraceback, splitTraceback, stripAnsi, type TracebackPart } from '@pumphouse/client';
import type { Terminal } from '../terminal/terminal.ts';
import type { RunFailure } from './read-failure.ts';
import { toOneLine } from '../terminal/plain-text.ts';

type Toned = Pick<Terminal, 'tone'>;

/** Formats why a run failed: the exception, the user's own frames, and what to do. Text of the run is shown plain. */
export function formatReasonBox({ reason, failure, traceback }: RunFailure, terminal: Toned): string {
  const [main] = splitTraceback(readTraceback(stripLines(traceback ?? '')), reason.exception_type);
  const lines = [
    `${terminal.tone('bad', `✕ ${toOneLine(reason.title)}`)}${terminal.tone('quiet', describePlace(reason))}`,
    ...splitLines(reason.message),
    ...formatParts(main, terminal),
    ...formatNextStep({ failure }, terminal),
  ];
  return lines.map((line) => `${terminal.tone('bad', '│')} ${line}`.trimEnd()).join('\n');
}

function describePlace({ step, pipeline_name, table, location }: RunFailure['reason']): string {
  const places = [
    step === null ? null : `step ${step}`,
    pipeline_name === null ? null : `pipeline ${pipeline_name}`,
    table === null ? null : `table ${table}`,
    location === null ? null : `${location.file}:${location.line}`,
  ].filter((place) => place !== null);
  return places.length === 0 ? '' : ` (${toOneLine(places.join(', '))})`;
}

/** The exception itself is the message above, so only the frames before it are shown. */
function formatParts(parts: readonly TracebackPart[], terminal: Toned): string[] {
  const lines = parts.flatMap((part) => {
    if (part.kind === 'text' || part.kind === 'link') return [];
    if (part.kind === 'others') return [terminal.tone('quiet', countFrames(part.frames.length))];
    const { file, line, name, code } = part.frame;
    return [
      `${terminal.tone('strong', `${file}:${line}`)}${name === null ? '' : ` in ${name}`}`,
      ...code.map((text) => `  ${text}`),
    ];
  });
  return parts.some(({ kind }) => kind === 'own') ? ['', ...lines] : [];
}

function countFrames(count: number): string {
  return count === 1 ? '1 library frame' : `${count} library frames`;
}

function formatNextStep({ failure }: Pick<RunFailure, 'failure'>, terminal: Toned): string[] {
  if (failure === null) return [];
  return [
    '',
    `${terminal.tone('strong', 'Next:')} ${toOneLine(failure.next_step)} ${terminal.tone('quiet', `[${failure.code}]`)}`,
  ];
}

function splitLines(text: string): string[] {
  return text === '' ? [] : stripLines(text).trimEnd().split('\n');
}

function stripLines(text: string): string {
  return text.split(/\r?\n/).map(stripAnsi).join('\n');
}
