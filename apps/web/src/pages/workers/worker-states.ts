import type { WorkerResponse } from '@pumphouse/contract';
import type { StateAppearance } from '../../ui/run-states.ts';

const appearances: Readonly<Record<string, StateAppearance>> = {
  connected: { word: 'Connected', glyph: '●', colour: 'completed' },
  paused: { word: 'Paused', glyph: '◌', colour: 'pending' },
  draining: { word: 'Draining', glyph: '◑', colour: 'pending' },
  lost: { word: 'Not connected', glyph: '✕', colour: 'failed' },
  'never-connected': { word: 'Never connected', glyph: '◌', colour: 'skipped' },
};

/** @param state may be a state of a newer server that this console does not know */
export function workerAppearance(state: string): StateAppearance {
  return appearances[state] ?? { word: 'Unknown', glyph: '?', colour: 'cancelled' };
}

/** What the state means for runs and what to do; null if there is nothing to add. */
export function explainWorkerState({ state, mode, active_runs }: WorkerResponse): string | null {
  if (state === 'never-connected') return 'Start it on its machine with its token.';
  if (state === 'lost' && active_runs > 0)
    return `The state of its ${active_runs} active ${active_runs === 1 ? 'run is' : 'runs are'} unknown until it returns.`;
  if (state === 'lost' && mode === 'paused') return 'It stays paused when it returns.';
  if (state === 'lost') return 'Start it on its machine.';
  if (state === 'paused') return 'Takes no new runs.';
  if (state === 'draining') return 'Takes no new runs and ends after its last one.';
  return null;
}

/** Formats the labels as users write them, by name; "none" without labels. */
export function describeLabels(labels: WorkerResponse['labels']): string {
  const names = Object.keys(labels).toSorted();
  return names.length === 0 ? 'none' : names.map((name) => `${name}=${labels[name]}`).join(', ');
}

/** "2 of 8 runs"; without the slots while no server drives the worker. */
export function describeLoad({ active_runs, batch_slots, app_slots }: WorkerResponse): string {
  const slots = batch_slots === null || app_slots === null ? null : batch_slots + app_slots;
  return slots === null ? String(active_runs) : `${active_runs} of ${slots}`;
}
