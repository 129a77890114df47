/** Describes why no worker runs a pending run. Pure functions. */
import type { Labels } from './labels.ts';
import type { Wait } from '../runs/wait-reason.ts';
import type { WorkerState } from './worker-state.ts';
import { formatLabels, matchesLabels, selectMissing } from './labels.ts';

export interface WaitedForWorker {
  name: string;
  state: WorkerState;
  labels: Labels;
}

/** Workers that a reason names; the list of workers shows all. */
const maxNamed = 5;

const stateTexts: Record<WorkerState, string> = {
  connected: 'is connecting',
  paused: 'is paused',
  draining: 'is draining',
  lost: 'is not connected',
  'never-connected': 'has never connected',
};

/**
 * Describes what a run waits for that no connected worker or server may run.
 * @param workers those that may run jobs of its organization
 */
export function describeWorkerWait(required: Labels, workers: readonly WaitedForWorker[]): Wait {
  // The labels of a worker are those of its last connection.
  const matching = workers.filter(({ labels }) => matchesLabels(labels, required));
  if (matching.length > 0) {
    const withLabels = Object.keys(required).length === 0 ? '' : ` with ${formatLabels(required)}`;
    const states = listUpTo(matching.map(({ name, state }) => `${name} ${stateTexts[state]}`));
    return { kind: 'worker', reason: `Waiting for a worker${withLabels}: ${states}.` };
  }
  const others = workers.map(
    ({ name, labels }) => `${name} lacks ${formatLabels(selectMissing(labels, required))}`,
  );
  const advice = 'Start a worker with these labels, or change `require.instance.labels` of the job';
  const reason =
    others.length === 0
      ? `No worker has the labels ${formatLabels(required)}. ${advice}.`
      : `No worker has the labels ${formatLabels(required)}: ${listUpTo(others)}. ${advice}.`;
  return { kind: 'worker', reason };
}

function listUpTo(texts: readonly string[]): string {
  const more = texts.length - maxNamed;
  return [...texts.slice(0, maxNamed), ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
}
