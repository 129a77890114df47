import type { LiveChange, LiveEvent, LiveLog } from '@pumphouse/contract';
import type { LiveMessage, LogMessage } from '../../services/live/coalescing-queue.ts';
import type { WorkspaceChange } from '../../domain/workspaces/workspace-change.ts';
import { toLogLines } from '../logs/log-ranges-serializers.ts';

/** Formats a message as a server-sent event, or as a comment if the message has no data. */
export function toEventText(message: LiveMessage): string {
  switch (message.kind) {
    case 'idle':
      return ': still here\n\n';
    case 'ready':
      return format({ event: 'ready', data: {} });
    case 'change':
      return format({ event: 'change', data: toChange(message.change) });
    case 'log':
      return format({ event: 'log', data: toLog(message) });
    default:
      return format({ event: 'end', data: { reason: message.reason, detail: message.detail } });
  }
}

function format({ event, data }: LiveEvent): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}

function toChange({ workspaceId, kinds, jobIds, jobRunIds }: WorkspaceChange): LiveChange {
  return {
    workspace_id: workspaceId,
    kinds: [...kinds],
    job_ids: jobIds && [...jobIds],
    job_run_ids: jobRunIds && [...jobRunIds],
  };
}

function toLog({ extent: { jobRunId, lineCount, isComplete }, added }: LogMessage): LiveLog {
  const length = { line_count: lineCount, is_complete: isComplete };
  return {
    job_run_id: jobRunId,
    ...length,
    // The log may have grown again when its lines were read; the next event has those.
    ...(added && { added: { ...toLogLines(added), ...length } }),
  };
}
