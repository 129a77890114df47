import type { PipelineFreshness } from '@pumphouse/contract';
import { freshnessAppearance } from './freshness.ts';
import { State } from '../ui/state.tsx';
import { Time } from '../ui/time.tsx';

interface FreshnessStateProps {
  freshness: PipelineFreshness;
  /** True if the time is already shown next to the state. */
  hasTime?: boolean;
}

/** Freshness state and time of the last successful run. The tooltip explains the expectation. */
export function FreshnessState({ freshness, hasTime = false }: FreshnessStateProps) {
  const { last_success_at: at, detail } = freshness;
  return (
    <span title={detail} style={{ whiteSpace: 'nowrap' }}>
      <State look={freshnessAppearance(freshness.state)} />
      {at !== null && !hasTime && (
        <span className="quiet">
          {' '}
          <Time at={at} />
        </span>
      )}
    </span>
  );
}
