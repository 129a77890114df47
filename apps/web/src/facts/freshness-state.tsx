import type { PipelineFreshness } from '@pumphouse/contract';
import { freshnessLook } from './freshness.ts';
import { State } from '../look/state.tsx';
import { Time } from '../look/time.tsx';

interface FreshnessStateProps {
  freshness: PipelineFreshness;
  /** Of the last run; undefined where there is none. */
  lastStatus: string | undefined;
  /** Where the time stands beside it already. */
  hasTime?: boolean;
}

/** Whether data is as new as it should be, and when it last became newer; the rule in a sentence on hover. */
export function FreshnessState({ freshness, lastStatus, hasTime = false }: FreshnessStateProps) {
  const { last_success_at: at, detail } = freshness;
  return (
    <span title={detail} style={{ whiteSpace: 'nowrap' }}>
      <State look={freshnessLook(freshness, lastStatus)} />
      {at !== null && !hasTime && (
        <span className="quiet">
          {' '}
          <Time at={at} />
        </span>
      )}
    </span>
  );
}
