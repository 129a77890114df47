import type { WorkspaceHealthResponse } from '@pumphouse/contract';
import type { StateAppearance } from '../ui/run-states.ts';
import { formatNoun } from '../ui/format.ts';

type Health = Omit<WorkspaceHealthResponse, 'workspace_id'>;

/** Returns the most severe state of a workspace: failing jobs, else active runs, else waiting runs. */
export function describeHealth({
  failing_job_count: failing,
  running_count: running,
  pending_count: pending,
  has_runs: hasRuns,
}: Health): StateAppearance {
  if (failing > 0) return { word: `${formatNoun(failing, 'job')} failing`, glyph: '✕', colour: 'failed' };
  if (running > 0) return { word: `${formatNoun(running, 'run')} active`, glyph: '◐', colour: 'running' };
  if (pending > 0) return { word: `${formatNoun(pending, 'run')} waiting`, glyph: '◌', colour: 'pending' };
  if (!hasRuns) return { word: 'No runs yet', glyph: '–', colour: 'cancelled' };
  return { word: 'Healthy', glyph: '✓', colour: 'completed' };
}
