import type { CodeFileComparisonResponse } from '@pumphouse/contract';
import { Button } from '@mantine/core';
import { memo, useMemo, useState } from 'react';
import classes from './text-difference.module.css';
import { findEmphasis, type Emphasis } from './line-emphasis.ts';
import { CodeLine } from '../code/code-line.tsx';
import type { CodeLanguage } from '../code/languages.ts';
import type { CodeSpan } from '../code/code-spans.ts';
import { formatCount } from './format.ts';
import { useHighlight } from '../code/use-highlight.ts';

export type TextHunk = CodeFileComparisonResponse['hunks'][number];
type TextLine = TextHunk['lines'][number];

interface TextDifferenceProps {
  hunks: readonly TextHunk[];
  /** What is compared, for screen readers: "main.py". */
  label: string;
  /** Names of the two sides, such as "#55" and "#57". */
  sides?: readonly [before: string, after: string];
  /** Lines rendered initially: a new file may have tens of thousands. */
  firstLines?: number;
  /** Null for texts that are not code. */
  language?: CodeLanguage | null;
}

/** Lines that are added at a time: more would block the page for longer than a moment. */
const stepLines = 2000;

/**
 * A diff of two texts with context lines. Both sides have line numbers; a sign marks added and removed lines.
 */
export function TextDifference({
  hunks,
  label,
  sides = ['Before', 'After'],
  firstLines = stepLines,
  language = null,
}: TextDifferenceProps) {
  const [shownLines, setShownLines] = useState(firstLines);
  const lineCount = hunks.reduce((sum, { lines }) => sum + lines.length, 0);
  const spans = useHunkSpans(hunks, language);
  const left = lineCount - shownLines;
  return (
    <div className={classes.frame}>
      <div className={classes.scroll} tabIndex={0} role="region" aria-label={`Diff of ${label}`}>
        <table className={classes.table}>
          <thead className="visually-hidden">
            <tr>
              <th scope="col">Line of {sides[0]}</th>
              <th scope="col">Line of {sides[1]}</th>
              <th scope="col">Change</th>
              <th scope="col">Text</th>
            </tr>
          </thead>
          <tbody>
            {takeHunks(hunks, shownLines).map(({ hunk, count }, index) => (
              <Hunk
                key={`${hunk.old_start} ${hunk.new_start}`}
                hunk={hunk}
                count={count}
                sides={sides}
                spans={spans?.[index]}
              />
            ))}
          </tbody>
        </table>
      </div>
      {left > 0 && (
        <Button
          variant="subtle"
          size="compact-sm"
          fullWidth
          onClick={() => setShownLines(shownLines + stepLines)}
        >
          Show {formatCount(Math.min(left, stepLines))} more lines
          {left > stepLines && ` of ${formatCount(left)}`}
        </Button>
      )}
    </div>
  );
}

interface HunkProps {
  hunk: TextHunk;
  /** How many of its lines are shown. */
  count: number;
  sides: readonly [string, string];
  spans: readonly (readonly CodeSpan[])[] | undefined;
}

function Hunk({ hunk, count, sides, spans }: HunkProps) {
  const emphasis = useMemo(() => findEmphasis(hunk.lines), [hunk]);
  return (
    <>
      <tr className={classes.position}>
        <td colSpan={4}>
          {sides[0]} {nameLines(hunk.old_start, hunk.old_lines)} · {sides[1]}{' '}
          {nameLines(hunk.new_start, hunk.new_lines)}
        </td>
      </tr>
      {hunk.lines.slice(0, count).map((line, index) => (
        <Line key={index} line={line} emphasis={emphasis[index] ?? null} spans={spans?.[index]} />
      ))}
    </>
  );
}

const signs = {
  context: ['', 'unchanged'],
  removed: ['−', 'removed'],
  added: ['+', 'added'],
} as const;

interface LineProps {
  line: TextLine;
  emphasis: Emphasis | null;
  spans: readonly CodeSpan[] | undefined;
}

const Line = memo(function Line({ line, emphasis, spans }: LineProps) {
  const [sign, word] = signs[line.kind];
  return (
    <tr data-kind={line.kind}>
      <td className={classes.number}>{line.old_number}</td>
      <td className={classes.number}>{line.new_number}</td>
      <td className={classes.sign}>
        <span aria-hidden="true">{sign}</span>
        <span className="visually-hidden">{word}</span>
      </td>
      <td className={classes.text}>
        <CodeLine text={line.text} spans={spans} emphasis={emphasis} />
        {line.no_newline_at_end && <span className={classes.note}> no newline at end</span>}
      </td>
    </tr>
  );
});

/** The highlighted parts of each line of each hunk. Either side is highlighted as a text of its own. */
function useHunkSpans(hunks: readonly TextHunk[], language: CodeLanguage | null) {
  const texts = useMemo(
    () => hunks.flatMap(({ lines }) => [textOf(lines, 'added'), textOf(lines, 'removed')]),
    [hunks],
  );
  const spans = useHighlight(texts, language);
  return useMemo(
    () =>
      spans &&
      hunks.map(({ lines }, index) => {
        const [before, after] = [spans[2 * index] ?? [], spans[2 * index + 1] ?? []];
        let [old, current] = [0, 0];
        return lines.map(({ kind }) => {
          const [ofOld, ofNew] = [before[old], after[current]];
          if (kind !== 'added') old += 1;
          if (kind !== 'removed') current += 1;
          return (kind === 'removed' ? ofOld : ofNew) ?? [];
        });
      }),
    [hunks, spans],
  );
}

/** The text of one side of a hunk: without the lines of a kind. */
function textOf(lines: readonly TextLine[], without: TextLine['kind']): string {
  return lines
    .filter(({ kind }) => kind !== without)
    .map(({ text }) => text)
    .join('\n');
}

function nameLines(start: number, count: number): string {
  if (count === 0) return 'nothing';
  return count === 1 ? `line ${start}` : `lines ${start}–${start + count - 1}`;
}

/** The hunks of the first lines, with how many of their lines are among them. */
function takeHunks(hunks: readonly TextHunk[], most: number): { hunk: TextHunk; count: number }[] {
  const taken: { hunk: TextHunk; count: number }[] = [];
  let left = most;
  for (const hunk of hunks) {
    if (left <= 0) break;
    taken.push({ hunk, count: Math.min(left, hunk.lines.length) });
    left -= hunk.lines.length;
  }
  return taken;
}
