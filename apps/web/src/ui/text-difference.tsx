import type { CodeFileComparisonResponse } from '@pumphouse/contract';
import { Button } from '@mantine/core';
import { Fragment, useState } from 'react';
import classes from './text-difference.module.css';
import { findEmphasis, type Emphasis } from './line-emphasis.ts';
import { formatCount } from './format.ts';

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
}

/**
 * A diff of two texts with context lines. Both sides have line numbers; a sign marks added and removed lines.
 */
export function TextDifference({
  hunks,
  label,
  sides = ['Before', 'After'],
  firstLines = 2000,
}: TextDifferenceProps) {
  const [isWhole, setIsWhole] = useState(false);
  const lineCount = hunks.reduce((sum, { lines }) => sum + lines.length, 0);
  const shown = isWhole ? hunks : takeLines(hunks, firstLines);
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
            {shown.map((hunk) => (
              <Hunk key={`${hunk.old_start} ${hunk.new_start}`} hunk={hunk} sides={sides} />
            ))}
          </tbody>
        </table>
      </div>
      {!isWhole && lineCount > firstLines && (
        <Button variant="subtle" size="compact-sm" fullWidth onClick={() => setIsWhole(true)}>
          Show {formatCount(lineCount - firstLines)} more lines
        </Button>
      )}
    </div>
  );
}

function Hunk({ hunk, sides }: { hunk: TextHunk; sides: readonly [string, string] }) {
  const emphasis = findEmphasis(hunk.lines);
  return (
    <>
      <tr className={classes.position}>
        <td colSpan={4}>
          {sides[0]} {nameLines(hunk.old_start, hunk.old_lines)} · {sides[1]}{' '}
          {nameLines(hunk.new_start, hunk.new_lines)}
        </td>
      </tr>
      {hunk.lines.map((line, index) => (
        <Line key={index} line={line} emphasis={emphasis[index] ?? null} />
      ))}
    </>
  );
}

const signs = {
  context: ['', 'unchanged'],
  removed: ['−', 'removed'],
  added: ['+', 'added'],
} as const;

function Line({ line, emphasis }: { line: TextLine; emphasis: Emphasis | null }) {
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
        <EmphasizedText text={line.text} emphasis={emphasis} />
        {line.no_newline_at_end && <span className={classes.note}> no newline at end</span>}
      </td>
    </tr>
  );
}

function EmphasizedText({ text, emphasis }: { text: string; emphasis: Emphasis | null }) {
  if (emphasis === null || emphasis.start === emphasis.end) return <Fragment>{text}</Fragment>;
  return (
    <>
      {text.slice(0, emphasis.start)}
      <span className={classes.emphasis}>{text.slice(emphasis.start, emphasis.end)}</span>
      {text.slice(emphasis.end)}
    </>
  );
}

function nameLines(start: number, count: number): string {
  if (count === 0) return 'nothing';
  return count === 1 ? `line ${start}` : `lines ${start}–${start + count - 1}`;
}

/** Returns the first lines of the hunks; the last hunk may be truncated. */
function takeLines(hunks: readonly TextHunk[], most: number): TextHunk[] {
  const taken: TextHunk[] = [];
  let left = most;
  for (const hunk of hunks) {
    if (left <= 0) break;
    taken.push({ ...hunk, lines: hunk.lines.slice(0, left) });
    left -= hunk.lines.length;
  }
  return taken;
}
