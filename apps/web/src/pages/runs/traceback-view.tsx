import { useMemo } from 'react';
import classes from './run.module.css';
import { readTraceback, type TracebackFrame, type TracebackPart } from './traceback.ts';

/** A traceback with the frames of the user's own code open, and those of others folded. */
export function TracebackView({ text }: { text: string }) {
  const parts = useMemo(() => readTraceback(text), [text]);
  return (
    <div className={classes.traceback} tabIndex={0} role="region" aria-label="Traceback">
      {parts.map((part, index) => (
        <Part key={index} part={part} />
      ))}
    </div>
  );
}

function Part({ part }: { part: TracebackPart }) {
  if (part.kind === 'text') return <pre className={classes.raised}>{part.text}</pre>;
  if (part.kind === 'own') return <Frame frame={part.frame} />;
  const count = part.frames.length;
  return (
    <details className={classes.others}>
      <summary>{count === 1 ? '1 frame of others' : `${count} frames of others`}</summary>
      {part.frames.map((frame, index) => (
        <Frame key={index} frame={frame} />
      ))}
    </details>
  );
}

function Frame({ frame }: { frame: TracebackFrame }) {
  return (
    <div className={classes.frame} data-own={frame.isOwn}>
      <span>
        {frame.file}:{frame.line}
        {frame.name !== null && <span className="quiet"> in {frame.name}</span>}
      </span>
      {frame.code.length > 0 && <pre className={classes.frameCode}>{frame.code.join('\n')}</pre>}
    </div>
  );
}
