import type { PipelineResult } from '@pumphouse/contract';
import classes from './run.module.css';
import { formatCount, formatNoun } from '../../ui/format.ts';

interface PipelineResultCardProps {
  result: PipelineResult;
  /** True if the run has several attempts, so that the card names its attempt. */
  hasAttempts: boolean;
}

/** What an attempt did with a pipeline over all calls, and the checks of it. */
export function PipelineResultCard({ result, hasAttempts }: PipelineResultCardProps) {
  return (
    <section className={classes.card} aria-label={`Result of pipeline ${result.pipeline_name}`}>
      <header className={classes.cardHead}>
        <h2 className={classes.cardTitle}>{result.pipeline_name}</h2>
        <span className="quiet">{describeCalls(result)}</span>
        {hasAttempts && <span className="quiet">attempt {result.attempt_number}</span>}
      </header>
      {result.checks !== null && <Checks checks={result.checks} />}
    </section>
  );
}

/** Results that show more than the cards of single calls do. */
export function listResults(results: readonly PipelineResult[]): PipelineResult[] {
  return results.filter(({ checks, call_count: calls }) => checks !== null || calls > 1);
}

function describeCalls({ call_count: calls, rows_loaded: rows }: PipelineResult): string {
  if (calls === 0) return 'Not reported';
  const loaded = `${formatNoun(rows, 'row')} loaded`;
  return calls === 1 ? loaded : `${loaded} in ${formatCount(calls)} calls`;
}

const checkMarks: Record<string, string> = { failed: '✕ Failed', passed: '✓ Passed', unknown: '? Unknown' };

function Checks({ checks }: { checks: NonNullable<PipelineResult['checks']> }) {
  return (
    <div className={classes.cardPart}>
      <h3 className={classes.partTitle}>Checks</h3>
      <ul className={classes.packages}>
        {checks.results.map(({ check, status, detail, is_unseen: isUnseen }, index) => (
          <li key={index}>
            <span className={status === 'failed' || isUnseen ? classes.failedWord : 'quiet'}>
              {checkMarks[status] ?? status}
            </span>{' '}
            <span className="mono">{check}</span> <span className="quiet">{detail}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
