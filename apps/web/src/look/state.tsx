import classes from './state.module.css';
import { pipelineRunLook, stateLook, type StateLook } from './run-states.ts';

/** The state of a run. `compact` shows the glyph and leaves the word to screen readers and the tooltip, where a column says what it is. */
export function RunState({ status, compact = false }: { status: string; compact?: boolean }) {
  return <State look={stateLook(status)} compact={compact} />;
}

export function PipelineRunState({ status, compact = false }: { status: string; compact?: boolean }) {
  return <State look={pipelineRunLook(status)} compact={compact} />;
}

export function State({ look, compact = false }: { look: StateLook; compact?: boolean }) {
  return (
    <span className={classes.state} data-colour={look.colour} title={compact ? look.word : undefined}>
      <span aria-hidden="true" className={classes.glyph}>
        {look.glyph}
      </span>
      <span className={compact ? 'visually-hidden' : undefined}>{look.word}</span>
    </span>
  );
}
