import classes from './lineage.module.css';
import type { LineageEdge } from './lineage-fold.ts';

const lines = [
  { kind: 'loads', text: 'loaded' },
  { kind: 'success', text: 'starts on success' },
  { kind: 'fail', text: 'starts on failure' },
  { kind: 'freshness', text: 'waits until fresh' },
] as const;

/** The kinds of lines in the graph. Lines of data have one look. */
export function LineageLegend({ edges }: { edges: readonly LineageEdge[] }) {
  return (
    <span className={classes.legend}>
      {lines
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
