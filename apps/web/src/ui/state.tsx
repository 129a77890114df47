import classes from './state.module.css';
import { pipelineRunAppearance, stateAppearance, type StateAppearance } from './run-states.ts';

/** State of a run. `compact` shows only the glyph; the word stays in the tooltip and for screen readers. */
export function RunState({ status, compact = false }: { status: string; compact?: boolean }) {
  return <State look={stateAppearance(status)} compact={compact} />;
}

export function PipelineRunState({ status, compact = false }: { status: string; compact?: boolean }) {
  return <State look={pipelineRunAppearance(status)} compact={compact} />;
}

export function State({ look, compact = false }: { look: StateAppearance; compact?: boolean }) {
  return (
    <span className={classes.state} data-colour={look.colour} title={compact ? look.word : undefined}>
      <span aria-hidden="true" className={classes.glyph}>
        {look.glyph}
      </span>
      <span className={compact ? 'visually-hidden' : undefined}>{look.word}</span>
    </span>
  );
}
