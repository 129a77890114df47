import type { WorkspaceHealthResponse } from '@pumphouse/contract';
import type { StateAppearance } from '../ui/run-states.ts';
import { formatNoun } from '../ui/format.ts';

type Health = Omit<WorkspaceHealthResponse, 'workspace_id' | 'last_run_at'>;

/** Returns the most severe state of a workspace: failing or late jobs, else active runs, else waiting runs. */
export function describeHealth(health: Health): StateAppearance {
  const [worst] = listHealth(health);
  if (worst !== undefined) return worst;
  return health.has_runs
    ? { word: 'Healthy', glyph: '✓', colour: 'completed' }
    : { word: 'No runs yet', glyph: '–', colour: 'cancelled' };
}

/** Lists everything that a workspace counts, the most severe first. Empty if nothing fails, runs or waits. */
export function listHealth({
  failing_job_count: failing,
  late_job_count: late,
  running_count: running,
  pending_count: pending,
}: Health): StateAppearance[] {
  const counted: (StateAppearance & { count: number })[] = [
    { count: failing, word: `${formatNoun(failing, 'job')} failing`, glyph: '✕', colour: 'failed' },
    { count: late, word: `${formatNoun(late, 'job')} late`, glyph: '!', colour: 'pending' },
    { count: running, word: `${formatNoun(running, 'run')} active`, glyph: '◐', colour: 'running' },
    { count: pending, word: `${formatNoun(pending, 'run')} waiting`, glyph: '◌', colour: 'pending' },
  ];
  return counted.filter(({ count }) => count > 0);
}
