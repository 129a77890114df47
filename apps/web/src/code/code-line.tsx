import { memo } from 'react';
import classes from './code-line.module.css';
import { divideLine, type CodeSpan } from './code-spans.ts';
import type { Emphasis } from '../ui/line-emphasis.ts';

interface CodeLineProps {
  text: string;
  /** Undefined for plain text. */
  spans: readonly CodeSpan[] | undefined;
  emphasis?: Emphasis | null;
}

const noSpans: readonly CodeSpan[] = [];

/** A line of code with its parts in color, and the part that changed underlined. */
export const CodeLine = memo(function CodeLine({ text, spans = noSpans, emphasis = null }: CodeLineProps) {
  if (spans.length === 0 && emphasis === null) return text;
  return divideLine(text, spans, emphasis).map(({ text: part, kind, isEmphasized }, index) =>
    kind === null && !isEmphasized ? (
      part
    ) : (
      <span
        key={index}
        className={classes.part}
        data-kind={kind ?? undefined}
        data-emphasized={isEmphasized || undefined}
      >
        {part}
      </span>
    ),
  );
});
