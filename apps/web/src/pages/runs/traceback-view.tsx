import {
  readTraceback,
  shortenLibraryPath,
  splitTraceback,
  type TracebackFrame,
  type TracebackPart,
} from '@pumphouse/client';
import { useMemo } from 'react';
import classes from './run.module.css';
import { CodeBlock } from '../../code/code-block.tsx';

interface TracebackViewProps {
  text: string;
  /** Type of the main exception; exceptions raised from it are collapsed. */
  mainType?: string | null;
}

/** A traceback with the user's own frames expanded and library frames collapsed. */
export function TracebackView({ text, mainType = null }: TracebackViewProps) {
  const [main, rest] = useMemo(() => splitTraceback(readTraceback(text), mainType), [text, mainType]);
  return (
    <div className={classes.traceback} tabIndex={0} role="region" aria-label="Traceback">
      <Parts parts={main} />
      {rest.length > 0 && (
        <details className={classes.others}>
          <summary>Exceptions raised from this</summary>
          <Parts parts={rest} />
        </details>
      )}
    </div>
  );
}

const Parts = ({ parts }: { parts: readonly TracebackPart[] }) =>
  parts.map((part, index) => <Part key={index} part={part} />);

function Part({ part }: { part: TracebackPart }) {
  if (part.kind === 'text') return <pre className={classes.raised}>{part.text}</pre>;
  if (part.kind === 'link') return <p className={classes.link}>{part.text}</p>;
  if (part.kind === 'own') return <Frame frame={part.frame} />;
  const count = part.frames.length;
  return (
    <details className={classes.others}>
      <summary>{count === 1 ? '1 library frame' : `${count} library frames`}</summary>
      {part.frames.map((frame, index) => (
        <Frame key={index} frame={frame} />
      ))}
    </details>
  );
}

function Frame({ frame }: { frame: TracebackFrame }) {
  const file = frame.isOwn ? frame.file : shortenLibraryPath(frame.file);
  return (
    <div className={classes.frame} data-own={frame.isOwn}>
      <span title={file === frame.file ? undefined : frame.file}>
        {file}:{frame.line}
        {frame.name !== null && <span className="quiet"> in {frame.name}</span>}
      </span>
      {frame.code.length > 0 && (
        <CodeBlock className={classes.frameCode} text={frame.code.join('\n')} language="python" />
      )}
    </div>
  );
}
