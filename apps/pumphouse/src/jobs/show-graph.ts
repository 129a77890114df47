import { shortenJobRef } from '../runs/job-name.ts';
import type { Session } from '../session/session.ts';
import { formatStatus } from '../terminal/format.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { findJob } from './find-job.ts';
import { arrangeTree, type TreeLine } from './graph-tree.ts';

const edgeTexts: Record<string, string> = {
  success: 'after success',
  fail: 'after failure',
  freshness: 'waits until fresh',
};

/** Shows how jobs depend on each other, or everything upstream and downstream of one job. */
export async function showGraph(session: Session, name: string | undefined): Promise<void> {
  const job = name === undefined ? null : await findJob(session, name);
  const graph = await session.client.call('get_job_graph', {
    params: { workspace_id: await session.workspaceId() },
    query: job === null ? {} : { job_id: job.id },
  });
  session.show(graph, () => {
    const lines = arrangeTree(graph).map((line) => formatLine(session.terminal, line, job?.id));
    if (lines.length === 0) return 'No jobs yet. Deploy your workspace folder: pumphouse deploy';
    return lines.join('\n');
  });
  if (graph.is_truncated) session.terminal.note('There are more jobs than shown here.');
}

function formatLine(
  terminal: Terminal,
  { branch, job, edge, isRepeated }: TreeLine,
  chosenId: string | undefined,
): string {
  const ref = shortenJobRef(job.ref);
  const why = edge === null ? job.trigger_texts.join(', ') : (edgeTexts[edge.kind] ?? edge.trigger_text);
  const state = job.is_archived
    ? terminal.tone('quiet', 'archived')
    : [
        job.is_paused ? terminal.tone('warning', 'paused') : '',
        formatStatus(terminal, job.last_status ?? 'no run'),
      ]
        .filter((text) => text !== '')
        .join(', ');
  const parts = [
    terminal.tone('quiet', branch) + (job.id === chosenId ? terminal.tone('strong', ref) : ref),
    state,
    terminal.tone('quiet', isRepeated ? `${why} (continued above)` : why),
  ];
  return parts.filter((part) => part !== '').join('  ');
}
