import classes from './edge-legend.module.css';

/** Kinds of ties between jobs, and what their lines mean. */
export const jobEdges = [
  { kind: 'success', text: 'starts on success' },
  { kind: 'fail', text: 'starts on failure' },
  { kind: 'freshness', text: 'waits until fresh' },
] as const;

interface EdgeLegendProps {
  kinds: readonly { kind: string; text: string }[];
  edges: readonly { kind: string }[];
}

/** Explains the lines of a graph: only the kinds that it has. */
export function EdgeLegend({ kinds, edges }: EdgeLegendProps) {
  return (
    <span className={classes.legend}>
      {kinds
        .filter(({ kind }) => edges.some((edge) => edge.kind === kind))
        .map(({ kind, text }) => (
          <span key={kind}>
            <svg width="28" height="8" aria-hidden="true">
              <path d="M0 4H28" className={classes.edge} data-kind={kind} />
            </svg>{' '}
            {text}
          </span>
        ))}
    </span>
  );
}
