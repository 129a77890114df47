import { loadedRange, type TimeView } from './time-view.ts';
import { operation } from '../../../api/operation.ts';

/** The timeline of a view with margins around it. */
export function timelineOf(workspaceId: string, view: TimeView) {
  const { startMs, endMs } = loadedRange(view);
  return operation('get_timeline', {
    params: { workspace_id: workspaceId },
    query: { start: new Date(startMs).toISOString(), end: new Date(endMs).toISOString() },
  });
}
