import { freshnessState, type FreshnessState } from './schemas/pipelines/pipeline-overviews.ts';

/** All states, the worst first. */
export const freshnessStates: readonly FreshnessState[] = freshnessState.options;

/** What the console and the command call each state. */
export const freshnessLabels: Record<FreshnessState, { word: string; meaning: string }> = {
  failing: { word: 'Failing', meaning: 'The last run failed.' },
  stale: { word: 'Stale', meaning: 'Two starts have been due since the last success.' },
  never_succeeded: { word: 'No success', meaning: 'No successful run is recorded.' },
  due: { word: 'Due', meaning: 'A start has been due since the last success.' },
  fresh: { word: 'Fresh', meaning: 'The last run succeeded, and no start has been due since.' },
  schedule_paused: { word: 'Paused', meaning: 'The last run succeeded, and the schedule is paused.' },
  not_scheduled: {
    word: 'No schedule',
    meaning: 'The last run succeeded, and no schedule says when the next is due.',
  },
};

/** @param state may be one of a newer server */
export function isFreshnessState(state: string): state is FreshnessState {
  return Object.hasOwn(freshnessLabels, state);
}
