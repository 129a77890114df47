import { Fragment, useMemo } from 'react';
import { CodeLine } from './code-line.tsx';
import type { CodeLanguage } from './languages.ts';
import { useHighlight } from './use-highlight.ts';

interface CodeBlockProps {
  text: string;
  language: CodeLanguage;
  className?: string | undefined;
  /** Names a block that scrolls, which is then reachable by keyboard. */
  label?: string;
}

/** Preformatted code with its parts in color. */
export function CodeBlock({ text, language, className, label }: CodeBlockProps) {
  const texts = useMemo(() => [text], [text]);
  const spans = useHighlight(texts, language)?.[0];
  return (
    <pre className={className} tabIndex={label === undefined ? undefined : 0} aria-label={label}>
      {text.split('\n').map((line, index) => (
        <Fragment key={index}>
          {index > 0 && '\n'}
          <CodeLine text={line} spans={spans?.[index]} />
        </Fragment>
      ))}
    </pre>
  );
}
